import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The file of receipts to hand in later: one JSON object a line; written whole, so never half. */
final class LateReceipts {
    private final Path path;

    LateReceipts(Path path) {
        this.path = path;
    }

    /** What waits, the oldest first. */
    List<Map<String, Object>> load() throws IOException {
        List<Map<String, Object>> entries = new ArrayList<>();
        if (Files.exists(path)) {
            for (String line : Files.readAllLines(path, StandardCharsets.UTF_8)) {
                if (!line.isBlank()) {
                    entries.add(parse(line));
                }
            }
        }
        return entries;
    }

    /** Replaces the file. */
    void save(List<Map<String, Object>> entries) throws IOException {
        StringBuilder lines = new StringBuilder();
        for (Map<String, Object> entry : entries) {
            lines.append(Json.text(entry)).append('\n');
        }
        Path written = Path.of(path + ".new");
        try (FileChannel file =
                FileChannel.open(
                        written,
                        StandardOpenOption.CREATE,
                        StandardOpenOption.WRITE,
                        StandardOpenOption.TRUNCATE_EXISTING)) {
            ByteBuffer bytes = StandardCharsets.UTF_8.encode(lines.toString());
            while (bytes.hasRemaining()) {
                file.write(bytes);
            }
            file.force(true);
        }
        Files.move(written, path, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    /** Appends what the service refused to {@code ….refused}, for a person. */
    void setAside(Map<String, Object> entry) throws IOException {
        Files.writeString(
                Path.of(path + ".refused"),
                Json.text(entry) + "\n",
                StandardOpenOption.CREATE,
                StandardOpenOption.APPEND);
    }

    private static Map<String, Object> parse(String line) throws IOException {
        try {
            return Json.parseObject(line);
        } catch (IllegalArgumentException fault) {
            throw new IOException("late receipts: " + fault.getMessage(), fault);
        }
    }
}
