package dev.sparkling.checkpoint.safetensors;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sparkling.checkpoint.json.JsonErrors;
import dev.sparkling.checkpoint.safetensors.SafetensorsHeader.Entry;
import dev.sparkling.checkpoint.store.ObjectStore;
import dev.sparkling.checkpoint.store.StoredObject;
import dev.sparkling.pipeline.error.CorruptCheckpoint;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Reads headers and checks every number in them against the file's size. */
public final class SafetensorsReader {

  private static final ObjectMapper JSON =
      new ObjectMapper(
          JsonFactory.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build());

  /** {@code dtype}, {@code shape} and {@code data_offsets}. */
  private static final int KEYS_PER_TENSOR = 3;

  private final String location;
  private final long fileBytes;

  private SafetensorsReader(String location, long fileBytes) {
    this.location = location;
    this.fileBytes = fileBytes;
  }

  /**
   * Reads and checks the header of a file.
   *
   * @throws CorruptCheckpoint if it is inconsistent, naming the tensor or offset and both numbers
   */
  public static SafetensorsHeader readHeader(ObjectStore store, StoredObject object) {
    String location = store.location(object.key());
    return new SafetensorsReader(location, object.size()).read(store, object);
  }

  private SafetensorsHeader read(ObjectStore store, StoredObject object) {
    check(
        fileBytes >= SafetensorsHeader.LENGTH_BYTES,
        "has " + fileBytes + " bytes; a safetensors file begins with 8 bytes of header length");
    byte[] length = new byte[SafetensorsHeader.LENGTH_BYTES];
    store.read(object, 0, MemorySegment.ofArray(length));
    long jsonBytes = ByteBuffer.wrap(length).order(ByteOrder.LITTLE_ENDIAN).getLong();
    check(
        jsonBytes >= 2 && jsonBytes <= SafetensorsHeader.MAX_JSON,
        "offset 0: header length "
            + Long.toUnsignedString(jsonBytes)
            + " is outside of 2 to "
            + SafetensorsHeader.MAX_JSON);
    long dataOffset = SafetensorsHeader.LENGTH_BYTES + jsonBytes;
    check(
        dataOffset <= fileBytes,
        "offset 0: header length "
            + jsonBytes
            + " goes beyond the file's "
            + fileBytes
            + " bytes; the file is truncated or not a safetensors file");
    byte[] json = new byte[(int) jsonBytes];
    store.read(object, SafetensorsHeader.LENGTH_BYTES, MemorySegment.ofArray(json));
    return header(parse(json), dataOffset);
  }

  private JsonNode parse(byte[] json) {
    check(json[0] == '{', "offset 8: the header does not begin with '{'");
    try (JsonParser parser = JSON.createParser(json)) {
      JsonNode root = JSON.readTree(parser);
      check(
          parser.nextToken() == null,
          "offset "
              + (8 + parser.currentTokenLocation().getByteOffset())
              + ": text after the header");
      return root;
    } catch (JsonProcessingException e) {
      long at = e.getLocation() == null ? 0 : Math.max(0, e.getLocation().getByteOffset());
      throw new CorruptCheckpoint(
          location + ": offset " + (8 + at) + ": the header is not JSON: " + JsonErrors.describe(e),
          e);
    } catch (IOException e) {
      throw new CorruptCheckpoint(location + ": offset 8: the header is not UTF-8 JSON", e);
    }
  }

  private SafetensorsHeader header(JsonNode root, long dataOffset) {
    Map<String, String> metadata = new HashMap<>();
    List<Entry> entries = new ArrayList<>();
    for (Map.Entry<String, JsonNode> field : root.properties()) {
      if (field.getKey().equals(SafetensorsHeader.METADATA)) {
        metadata(field.getValue(), metadata);
      } else {
        entries.add(entry(field.getKey(), field.getValue(), dataOffset));
      }
    }
    entries.sort(
        Comparator.comparingLong(Entry::offset).thenComparingLong(entry -> entry.tensor().bytes()));
    long expected = dataOffset;
    for (Entry entry : entries) {
      check(
          entry.offset() == expected,
          entry.tensor().name()
              + " begins at offset "
              + entry.offset()
              + "; the tensor before it ends at "
              + expected);
      expected = entry.end();
    }
    check(
        expected == fileBytes,
        "the header describes " + expected + " bytes; the file has " + fileBytes);
    return new SafetensorsHeader(entries, metadata, dataOffset);
  }

  private void metadata(JsonNode node, Map<String, String> metadata) {
    check(node.isObject(), "__metadata__ is not an object");
    for (Map.Entry<String, JsonNode> field : node.properties()) {
      check(field.getValue().isTextual(), "__metadata__: " + field.getKey() + " is not text");
      metadata.put(field.getKey(), field.getValue().asText());
    }
  }

  private Entry entry(String name, JsonNode node, long dataOffset) {
    JsonNode offsets = node.path("data_offsets");
    check(
        node.isObject() && node.size() == KEYS_PER_TENSOR,
        name + " is not an object of dtype, shape and data_offsets");
    TensorSpec tensor = new TensorSpec(name, dtype(name, node.path("dtype")), shape(name, node));
    check(
        offsets.isArray() && offsets.size() == 2, name + ": data_offsets is not a pair of numbers");
    long begin = number(name, "data_offsets", offsets.get(0));
    long end = number(name, "data_offsets", offsets.get(1));
    check(
        begin <= end && end <= fileBytes - dataOffset,
        name
            + ": data_offsets ["
            + begin
            + ", "
            + end
            + "] are outside of the file's "
            + (fileBytes - dataOffset)
            + " bytes of data");
    check(
        end - begin == bytes(tensor),
        name
            + ": data_offsets span "
            + (end - begin)
            + " bytes; "
            + tensor.dtype()
            + " "
            + tensor.shape()
            + " needs "
            + bytes(tensor));
    return new Entry(tensor, dataOffset + begin);
  }

  private DType dtype(String name, JsonNode node) {
    return Arrays.stream(DType.values())
        .filter(dtype -> dtype.name().equals(node.asText()))
        .findFirst()
        .orElseThrow(
            () ->
                new CorruptCheckpoint(
                    location
                        + ": "
                        + name
                        + ": dtype "
                        + node
                        + " is unknown; known: "
                        + Arrays.toString(DType.values())));
  }

  private List<Long> shape(String name, JsonNode node) {
    check(node.path("shape").isArray(), name + ": shape is not a list");
    List<Long> shape = new ArrayList<>();
    for (JsonNode size : node.path("shape")) {
      shape.add(number(name, "shape", size));
    }
    return shape;
  }

  private long number(String name, String key, JsonNode node) {
    check(
        node.isIntegralNumber() && node.canConvertToLong() && node.asLong() >= 0,
        name + ": " + key + " holds " + node + ", which is not a size");
    return node.asLong();
  }

  private long bytes(TensorSpec tensor) {
    try {
      return tensor.bytes();
    } catch (ArithmeticException e) {
      throw new CorruptCheckpoint(
          location + ": " + tensor.name() + ": shape " + tensor.shape() + " overflows", e);
    }
  }

  private void check(boolean holds, String problem) {
    if (!holds) {
      throw new CorruptCheckpoint(location + ": " + problem);
    }
  }
}
