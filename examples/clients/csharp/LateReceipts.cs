using System.Collections.Generic;
using System.IO;
using System.Text;

namespace Stammkunde
{
    /// <summary>
    /// The file of receipts to hand in later: one JSON object a line; written whole, so never half.
    /// </summary>
    public sealed class LateReceipts
    {
        private static readonly Encoding Utf8 = new UTF8Encoding(false);
        private readonly string path;

        public LateReceipts(string path)
        {
            this.path = path;
        }

        /// <summary>What waits, the oldest first.</summary>
        public List<Dictionary<string, object>> Load()
        {
            var entries = new List<Dictionary<string, object>>();
            if (File.Exists(path))
            {
                foreach (var line in File.ReadAllLines(path, Utf8))
                {
                    if (line.Length > 0)
                    {
                        entries.Add(Json.ParseObject(line));
                    }
                }
            }
            return entries;
        }

        /// <summary>Replaces the file.</summary>
        public void Save(List<Dictionary<string, object>> entries)
        {
            var written = path + ".new";
            using (var file = new FileStream(written, FileMode.Create))
            using (var writer = new StreamWriter(file, Utf8))
            {
                foreach (var entry in entries)
                {
                    writer.Write(Json.Text(entry) + "\n");
                }
                writer.Flush();
                file.Flush(true);
            }
            if (File.Exists(path))
            {
                File.Replace(written, path, null);
            }
            else
            {
                File.Move(written, path);
            }
        }

        /// <summary>Appends what the service refused to <c>….refused</c>, for a person.</summary>
        public void SetAside(Dictionary<string, object> entry)
        {
            File.AppendAllText(path + ".refused", Json.Text(entry) + "\n", Utf8);
        }
    }
}
