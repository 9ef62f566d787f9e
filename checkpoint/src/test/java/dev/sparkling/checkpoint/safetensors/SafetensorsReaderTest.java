package dev.sparkling.checkpoint.safetensors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sparkling.checkpoint.store.InMemoryObjectStore;
import dev.sparkling.checkpoint.store.ObjectStore;
import dev.sparkling.pipeline.error.CorruptCheckpoint;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SafetensorsReaderTest {

  private final ObjectStore store = new InMemoryObjectStore();

  @Test
  void encodedHeaderIsReadBack() {
    SafetensorsHeader header =
        SafetensorsHeader.layOut(
            List.of(
                TensorSpec.of("b", DType.F32, 2, 3),
                TensorSpec.of("a", DType.BF16, 5),
                TensorSpec.of("scalar", DType.I64),
                TensorSpec.of("empty", DType.F32, 0, 7)),
            Map.of("format", "pt"));
    assertThat(read(file(header))).isEqualTo(header);
    assertThat(header.encode().length % 8).isZero();
    assertThat(header.fileBytes()).isEqualTo(header.dataOffset() + 24 + 10 + 8);
  }

  @RepeatedTest(50)
  void randomHeadersSurviveTheRoundTrip(RepetitionInfo repetition) {
    Random random = new Random(repetition.getCurrentRepetition());
    List<DType> dtypes = List.of(DType.values());
    TensorSpec[] tensors = new TensorSpec[random.nextInt(20)];
    for (int i = 0; i < tensors.length; i++) {
      DType dtype = dtypes.get(random.nextInt(dtypes.size()));
      long[] shape = random.longs(random.nextInt(4), 0, 6).toArray();
      tensors[i] = TensorSpec.of("tensor \"" + i + "\" \u00e9", dtype, shape);
    }
    SafetensorsHeader header = SafetensorsHeader.layOut(Arrays.asList(tensors), Map.of());
    assertThat(read(file(header)).tensors()).containsExactlyInAnyOrder(tensors);
  }

  /** One inconsistency per row; the data is 8 bytes long. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          []                                                                | offset 8: the header does not begin with '{'
          {"a":                                                             | the header is not JSON
          {"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}} {}         | text after the header
          {"a":1}                                                           | a is not an object of dtype, shape and data_offsets
          {"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8],"x":1}}      | a is not an object of dtype, shape and data_offsets
          {"a":{"dtype":"F7","shape":[2],"data_offsets":[0,8]}}             | a: dtype "F7" is unknown; known: [F64, F32
          {"a":{"dtype":"F32","shape":2,"data_offsets":[0,8]}}              | a: shape is not a list
          {"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}           | a: shape holds -2, which is not a size
          {"a":{"dtype":"F32","shape":[2.5],"data_offsets":[0,8]}}          | a: shape holds 2.5, which is not a size
          {"a":{"dtype":"F32","shape":[2],"data_offsets":[0]}}              | a: data_offsets is not a pair of numbers
          {"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}            | a: data_offsets [8, 0] are outside of the file's 8 bytes of data
          {"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}}           | a: data_offsets [0, 16] are outside of the file's 8 bytes of data
          {"a":{"dtype":"F32","shape":[1],"data_offsets":[0,8]}}            | a: data_offsets span 8 bytes; F32 [1] needs 4
          {"a":{"dtype":"F32","shape":[4611686018427387904],"data_offsets":[0,8]}} | a: shape [4611686018427387904] overflows
          {"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}            | bytes; the file has
          {"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}            | a begins at offset
          {"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}} | b begins at offset
          {"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}} | Duplicate field 'a'
          {"__metadata__":{"step":3},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}} | __metadata__: step is not text
          """)
  void anInconsistentHeaderIsNamedWithItsTensorAndNumbers(String json, String problem) {
    assertThatThrownBy(() -> read(file(json, 8)))
        .isInstanceOf(CorruptCheckpoint.class)
        .hasMessageStartingWith("memory:x.safetensors: ")
        .hasMessageContaining(problem);
  }

  @Test
  void fileShorterThanALengthIsNamed() {
    assertThatThrownBy(() -> read(new byte[7]))
        .hasMessage(
            "memory:x.safetensors: has 7 bytes; a safetensors file begins with 8 bytes of header"
                + " length");
  }

  @Test
  void headerLengthBeyondTheFileIsNamedWithBothNumbers() {
    byte[] file = ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN).putLong(400).array();
    assertThatThrownBy(() -> read(file))
        .isInstanceOf(CorruptCheckpoint.class)
        .hasMessage(
            "memory:x.safetensors: offset 0: header length 400 goes beyond the file's 16 bytes;"
                + " the file is truncated or not a safetensors file");
  }

  @Test
  void headerLengthBeyondTheFormatsLimitIsNotAllocated() {
    byte[] file = ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN).putLong(-1).array();
    assertThatThrownBy(() -> read(file))
        .hasMessageContaining("header length 18446744073709551615 is outside of 2 to 100000000");
  }

  @Test
  void truncatedDataIsNamedWithBothSizes() {
    byte[] whole =
        file(SafetensorsHeader.layOut(List.of(TensorSpec.of("a", DType.F32, 100)), Map.of()));
    assertThatThrownBy(() -> read(Arrays.copyOf(whole, whole.length - 1)))
        .isInstanceOf(CorruptCheckpoint.class)
        .hasMessageContaining("a: data_offsets [0, 400] are outside of the file's 399 bytes");
  }

  private SafetensorsHeader read(byte[] file) {
    store.write("x.safetensors", file);
    return SafetensorsReader.readHeader(store, store.get("x.safetensors"));
  }

  private static byte[] file(SafetensorsHeader header) {
    return Arrays.copyOf(header.encode(), Math.toIntExact(header.fileBytes()));
  }

  private static byte[] file(String json, int dataBytes) {
    byte[] text = json.getBytes(StandardCharsets.UTF_8);
    return ByteBuffer.allocate(8 + text.length + dataBytes)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(text.length)
        .put(text)
        .array();
  }
}
