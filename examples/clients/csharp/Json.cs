using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;

namespace Stammkunde
{
    /// <summary>
    /// JSON as plain values: Dictionary, List, string, long, double, bool, null.
    /// </summary>
    /// <remarks>
    /// The one form that .NET Framework, Mono and .NET have in common; a till that uses
    /// System.Text.Json or Newtonsoft keeps that one. Whole numbers are long; a double is no money,
    /// so it can be read and not written.
    /// </remarks>
    public sealed class Json
    {
        private const int DepthMax = 100;

        private readonly string text;
        private int at;

        private Json(string text)
        {
            this.text = text;
        }

        /// <summary>The object that a text is; FormatException when it is none.</summary>
        public static Dictionary<string, object> ParseObject(string text)
        {
            var json = new Json(text);
            var value = json.Value(0) as Dictionary<string, object>;
            if (value == null || json.Peek() != '\0')
            {
                throw new FormatException("no JSON object");
            }
            return value;
        }

        /// <summary>A value as text, on one line.</summary>
        public static string Text(object value)
        {
            var written = new StringBuilder();
            Write(value, written);
            return written.ToString();
        }

        private static void Write(object value, StringBuilder written)
        {
            if (value == null)
            {
                written.Append("null");
            }
            else if (value is bool)
            {
                written.Append((bool)value ? "true" : "false");
            }
            else if (value is int || value is long)
            {
                written.Append(Convert.ToString(value, CultureInfo.InvariantCulture));
            }
            else if (value is string)
            {
                WriteString((string)value, written);
            }
            else if (value is Dictionary<string, object>)
            {
                WriteMembers((Dictionary<string, object>)value, written);
            }
            else if (value is List<object>)
            {
                WriteElements((List<object>)value, written);
            }
            else
            {
                throw new ArgumentException("no JSON value: " + value.GetType());
            }
        }

        private static void WriteMembers(Dictionary<string, object> members, StringBuilder written)
        {
            var before = "{";
            foreach (var member in members)
            {
                written.Append(before);
                WriteString(member.Key, written);
                written.Append(':');
                Write(member.Value, written);
                before = ",";
            }
            written.Append(members.Count == 0 ? "{}" : "}");
        }

        private static void WriteElements(List<object> elements, StringBuilder written)
        {
            var before = "[";
            foreach (var element in elements)
            {
                written.Append(before);
                Write(element, written);
                before = ",";
            }
            written.Append(elements.Count == 0 ? "[]" : "]");
        }

        private static void WriteString(string words, StringBuilder written)
        {
            written.Append('"');
            foreach (var c in words)
            {
                if (c == '"' || c == '\\')
                {
                    written.Append('\\').Append(c);
                }
                else if (c < ' ' || c > '~')
                {
                    written.Append("\\u").Append(((int)c).ToString("x4"));
                }
                else
                {
                    written.Append(c);
                }
            }
            written.Append('"');
        }

        private object Value(int depth)
        {
            if (depth > DepthMax)
            {
                throw Wrong();
            }
            switch (Peek())
            {
                case '{':
                    return Members(depth);
                case '[':
                    return Elements(depth);
                case '"':
                    return String();
                case 't':
                    return Word("true", true);
                case 'f':
                    return Word("false", false);
                case 'n':
                    return Word("null", null);
                default:
                    return Number();
            }
        }

        private Dictionary<string, object> Members(int depth)
        {
            var members = new Dictionary<string, object>();
            at++;
            while (Peek() != '}')
            {
                if (members.Count > 0)
                {
                    Take(',');
                }
                if (Peek() != '"')
                {
                    throw Wrong();
                }
                var name = String();
                Take(':');
                members[name] = Value(depth + 1);
            }
            at++;
            return members;
        }

        private List<object> Elements(int depth)
        {
            var elements = new List<object>();
            at++;
            while (Peek() != ']')
            {
                if (elements.Count > 0)
                {
                    Take(',');
                }
                elements.Add(Value(depth + 1));
            }
            at++;
            return elements;
        }

        private string String()
        {
            var read = new StringBuilder();
            at++;
            while (true)
            {
                var c = Next();
                if (c == '"')
                {
                    return read.ToString();
                }
                read.Append(c == '\\' ? Escaped() : c);
            }
        }

        private char Escaped()
        {
            var c = Next();
            var known = "nrtbf".IndexOf(c);
            if (known >= 0)
            {
                return "\n\r\t\b\f"[known];
            }
            if (c != 'u')
            {
                return c;
            }
            if (at + 4 > text.Length)
            {
                throw Wrong();
            }
            at += 4;
            return (char)int.Parse(
                text.Substring(at - 4, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
        }

        private object Number()
        {
            var begin = at;
            while (at < text.Length && "+-.0123456789eE".IndexOf(text[at]) >= 0)
            {
                at++;
            }
            var digits = text.Substring(begin, at - begin);
            if (digits.IndexOfAny(new[] { '.', 'e', 'E' }) >= 0)
            {
                return double.Parse(digits, NumberStyles.Float, CultureInfo.InvariantCulture);
            }
            long whole;
            if (!long.TryParse(digits, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out whole))
            {
                throw Wrong();
            }
            return whole;
        }

        private object Word(string word, object value)
        {
            if (string.CompareOrdinal(text, at, word, 0, word.Length) != 0)
            {
                throw Wrong();
            }
            at += word.Length;
            return value;
        }

        private char Next()
        {
            if (at >= text.Length)
            {
                throw Wrong();
            }
            return text[at++];
        }

        private void Take(char wanted)
        {
            if (Peek() != wanted)
            {
                throw Wrong();
            }
            at++;
        }

        /// <summary>The next symbol that is no space; 0 at the end.</summary>
        private char Peek()
        {
            while (at < text.Length && " \t\r\n".IndexOf(text[at]) >= 0)
            {
                at++;
            }
            return at < text.Length ? text[at] : '\0';
        }

        private FormatException Wrong()
        {
            return new FormatException("no JSON at " + at);
        }
    }
}
