package dev.sparkling.checkpoint.safetensors;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * The header of a safetensors file. A file consists of 8 bytes of header length (little-endian),
 * the header (JSON padded with spaces to a multiple of 8), then the tensors' bytes without gaps.
 *
 * @param entries tensors in the order of their bytes
 * @param metadata content of the key {@code __metadata__}
 * @param dataOffset offset of the first tensor's bytes in the file
 */
public record SafetensorsHeader(
    List<Entry> entries, Map<String, String> metadata, long dataOffset) {

  /** Size of the header length, which precedes the JSON. */
  static final int LENGTH_BYTES = 8;

  /** The format's limit on the size of the JSON. */
  static final long MAX_JSON = 100_000_000;

  static final String METADATA = "__metadata__";

  private static final ObjectMapper JSON = new ObjectMapper();

  public SafetensorsHeader {
    entries = List.copyOf(entries);
    metadata = Map.copyOf(metadata);
  }

  /**
   * A tensor and its position.
   *
   * @param offset offset of its first byte in the file
   */
  public record Entry(TensorSpec tensor, long offset) {
    /** Returns the offset of the first byte after the tensor. */
    public long end() {
      return offset + tensor.bytes();
    }
  }

  /** Lays out a file that holds the tensors in the given order. */
  public static SafetensorsHeader layOut(List<TensorSpec> tensors, Map<String, String> metadata) {
    long dataOffset = (long) LENGTH_BYTES + json(tensors, metadata).length;
    List<Entry> entries = new ArrayList<>();
    long offset = dataOffset;
    for (TensorSpec tensor : tensors) {
      Entry entry = new Entry(tensor, offset);
      entries.add(entry);
      offset = entry.end();
    }
    return new SafetensorsHeader(entries, metadata, dataOffset);
  }

  public List<TensorSpec> tensors() {
    return entries.stream().map(Entry::tensor).toList();
  }

  /** Returns the size of the whole file in bytes. */
  public long fileBytes() {
    return entries.isEmpty() ? dataOffset : entries.getLast().end();
  }

  /** Encodes the file's first {@link #dataOffset} bytes. */
  public byte[] encode() {
    byte[] json = json(tensors(), metadata);
    return ByteBuffer.allocate(LENGTH_BYTES + json.length)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(json.length)
        .put(json)
        .array();
  }

  private static byte[] json(List<TensorSpec> tensors, Map<String, String> metadata) {
    ObjectNode root = JSON.createObjectNode();
    if (!metadata.isEmpty()) {
      ObjectNode node = root.putObject(METADATA);
      metadata.entrySet().stream()
          .sorted(Map.Entry.comparingByKey())
          .forEach(entry -> node.put(entry.getKey(), entry.getValue()));
    }
    long offset = 0;
    for (TensorSpec tensor : tensors) {
      if (root.has(tensor.name())) {
        throw new IllegalArgumentException("tensor " + tensor.name() + " appears twice");
      }
      ObjectNode node = root.putObject(tensor.name());
      node.put("dtype", tensor.dtype().name());
      tensor.shape().forEach(node.putArray("shape")::add);
      node.putArray("data_offsets").add(offset).add(offset + tensor.bytes());
      offset += tensor.bytes();
    }
    try {
      byte[] text = JSON.writeValueAsString(root).getBytes(StandardCharsets.UTF_8);
      byte[] padded = Arrays.copyOf(text, Math.ceilDiv(text.length, 8) * 8);
      Arrays.fill(padded, text.length, padded.length, (byte) ' ');
      return padded;
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }
}
