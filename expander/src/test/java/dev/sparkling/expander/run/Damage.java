package dev.sparkling.expander.run;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sparkling.checkpoint.format.Sha256;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Damages the files of a checkpoint, most often the values in headers and JSON. */
final class Damage {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Pattern NUMBER = Pattern.compile("-?\\d+(\\.\\d+)?([eE][-+]?\\d+)?");
  private static final Pattern STRING = Pattern.compile("\"[^\"]*\"");

  private static final List<String> VALUES =
      List.of(
          "-1",
          "0",
          "1",
          "2",
          "3",
          "7",
          "4096",
          "2147483647",
          "2147483648",
          "4294967296",
          "9223372036854775807",
          "9223372036854775808",
          "-9223372036854775808",
          "1e308",
          "1e999",
          "0.5",
          "null",
          "true",
          "\"text\"",
          "\"F16\"",
          "\"BF16\"",
          "\"I64\"",
          "\"\"",
          "[]",
          "{}",
          "[1, 2]");

  private static final long[] LENGTHS = {
    0,
    1,
    2,
    7,
    100,
    1 << 20,
    100_000_001L,
    Integer.MAX_VALUE,
    1L << 32,
    Long.MAX_VALUE,
    -1,
    Long.MIN_VALUE
  };

  private final Random random;

  Damage(Random random) {
    this.random = random;
  }

  void damage(Map<String, byte[]> files) {
    List<String> names = new ArrayList<>(files.keySet());
    if (names.isEmpty()) {
      return;
    }
    String name = names.get(random.nextInt(names.size()));
    byte[] bytes = Objects.requireNonNull(files.get(name));
    switch (random.nextInt(12)) {
      case 0 -> files.remove(name);
      case 1 -> files.put(name.replace('1', '2'), bytes);
      case 2 -> files.put(name, Arrays.copyOf(bytes, random.nextInt(bytes.length + 1)));
      case 3 -> files.put(name, Arrays.copyOf(bytes, bytes.length + 1 + random.nextInt(100)));
      case 4 -> files.put(name, flipped(bytes));
      case 5 -> files.put(name, spliced(bytes));
      default ->
          files.put(name, name.endsWith(".safetensors") ? withHeader(bytes) : changed(bytes));
    }
  }

  /** Rewrites the manifest as if the damage had been there when it was written. */
  static void repairManifest(Map<String, byte[]> files) {
    byte[] manifest = files.get("manifest.json");
    try {
      JsonNode root = manifest == null ? null : JSON.readTree(manifest);
      if (root == null || !(root.path("files") instanceof ObjectNode known)) {
        return;
      }
      known.removeAll();
      files.forEach(
          (name, bytes) -> {
            if (!name.equals("manifest.json")) {
              known.putObject(name).put("size", bytes.length).put("sha256", Sha256.hex(bytes));
            }
          });
      files.put("manifest.json", JSON.writeValueAsBytes(root));
    } catch (JsonProcessingException _) {
      return; // it is the manifest that was damaged
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private byte[] flipped(byte[] bytes) {
    byte[] flipped = bytes.clone();
    for (int i = random.nextInt(4); i >= 0 && flipped.length > 0; i--) {
      flipped[random.nextInt(flipped.length)] = (byte) random.nextInt(256);
    }
    return flipped;
  }

  /** Removes a slice, or duplicates it elsewhere. */
  private byte[] spliced(byte[] bytes) {
    int from = random.nextInt(bytes.length + 1);
    int to = from + random.nextInt(Math.min(200, bytes.length - from + 1));
    byte[] slice = random.nextBoolean() ? new byte[0] : Arrays.copyOfRange(bytes, from, to);
    ByteBuffer all = ByteBuffer.allocate(bytes.length + 2 * slice.length);
    all.put(bytes, 0, from).put(slice).put(slice).put(bytes, to, bytes.length - to);
    return Arrays.copyOf(all.array(), all.position());
  }

  private byte[] withHeader(byte[] bytes) {
    if (bytes.length < Long.BYTES) {
      return bytes;
    }
    ByteBuffer file = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    long length = file.getLong(0);
    if (random.nextInt(8) == 0 || length < 0 || length > bytes.length - Long.BYTES) {
      byte[] lying = bytes.clone();
      long lie = LENGTHS[random.nextInt(LENGTHS.length)];
      ByteBuffer.wrap(lying).order(ByteOrder.LITTLE_ENDIAN).putLong(0, lie);
      return lying;
    }
    int headerEnd = Long.BYTES + (int) length;
    byte[] header = changed(Arrays.copyOfRange(bytes, Long.BYTES, headerEnd));
    ByteBuffer changed =
        ByteBuffer.allocate(Long.BYTES + header.length + bytes.length - headerEnd)
            .order(ByteOrder.LITTLE_ENDIAN);
    changed.putLong(header.length).put(header).put(bytes, headerEnd, bytes.length - headerEnd);
    return changed.array();
  }

  /** Replaces a number or a name by another one. */
  private byte[] changed(byte[] text) {
    String json = new String(text, StandardCharsets.ISO_8859_1);
    Pattern what = random.nextInt(3) > 0 ? NUMBER : STRING;
    List<int[]> places = new ArrayList<>();
    for (Matcher matcher = what.matcher(json); matcher.find(); ) {
      places.add(new int[] {matcher.start(), matcher.end()});
    }
    if (places.isEmpty()) {
      return flipped(text);
    }
    int[] place = places.get(random.nextInt(places.size()));
    int[] other = places.get(random.nextInt(places.size()));
    String value =
        random.nextInt(3) == 0
            ? json.substring(other[0], other[1])
            : VALUES.get(random.nextInt(VALUES.size()));
    String changed = json.substring(0, place[0]) + value + json.substring(place[1]);
    return changed.getBytes(StandardCharsets.ISO_8859_1);
  }
}
