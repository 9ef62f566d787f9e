package dev.sparkling.trainer.step;

import dev.sparkling.checkpoint.format.CheckpointReader;
import dev.sparkling.checkpoint.format.FileKind;
import dev.sparkling.checkpoint.format.TensorSequence;
import dev.sparkling.checkpoint.safetensors.SafetensorsHeader;
import dev.sparkling.checkpoint.safetensors.SafetensorsReader;
import dev.sparkling.checkpoint.store.FolderObjectStore;
import dev.sparkling.checkpoint.store.ObjectStore;
import dev.sparkling.checkpoint.store.StoredObject;
import dev.sparkling.trainer.data.Batch;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Results of transformers and PyTorch: see bench/reference/make_fixtures.py. Steps have 4 sequences
 * of 16 tokens; 20 steps are without, and 200 with clipping and the routers' losses.
 */
public record HuggingFaceFixture(String name) {

  public static final int STEPS = 20;
  public static final int LONG_STEPS = 200;
  public static final int SEQUENCES = 4;
  public static final int LENGTH = 16;

  public CheckpointReader model() {
    return CheckpointReader.openAny(store(), name);
  }

  /** The weights after 20 steps. */
  public Map<String, float[]> trained() {
    Map<String, float[]> values = new LinkedHashMap<>();
    CheckpointReader reader = CheckpointReader.openAny(store(), name + "/trained");
    try (TensorSequence tensors = reader.read(FileKind.MODEL)) {
      for (var tensor : tensors.tensors()) {
        values.put(tensor.name(), tensors.next().toArray(ValueLayout.JAVA_FLOAT_UNALIGNED));
      }
    }
    return values;
  }

  /** The batch of one of the 20 steps, counted from 1. */
  public Batch batch(int step) {
    return batch(step, read("tokens"));
  }

  /** The batch of one of the 200 steps, counted from 1. */
  public Batch longBatch(int step) {
    return batch(step, readLong("tokens"));
  }

  /** The batch of one of Muon's 20 steps, counted from 1. */
  public Batch muonBatch(int step) {
    return batch(step, read("muon.safetensors", "tokens"));
  }

  private static Batch batch(int step, MemorySegment allTokens) {
    int[] all =
        allTokens.toArray(ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN));
    long[] tokens = new long[SEQUENCES * LENGTH];
    long[] targets = new long[SEQUENCES * LENGTH];
    for (int s = 0; s < SEQUENCES; s++) {
      int begin = ((step - 1) * SEQUENCES + s) * (LENGTH + 1);
      for (int i = 0; i < LENGTH; i++) {
        tokens[s * LENGTH + i] = all[begin + i];
        targets[s * LENGTH + i] = all[begin + i + 1];
      }
    }
    return new Batch(SEQUENCES, tokens, targets);
  }

  /** The logits of step 1's batch before the step. */
  public float[] logits() {
    return read("logits").toArray(ValueLayout.JAVA_FLOAT_UNALIGNED);
  }

  public float[] losses() {
    return read("losses").toArray(ValueLayout.JAVA_FLOAT_UNALIGNED);
  }

  public double[] rates() {
    return read("rates").toArray(ValueLayout.JAVA_DOUBLE_UNALIGNED);
  }

  /** The losses of the 200 steps. */
  public float[] longLosses() {
    return readLong("losses").toArray(ValueLayout.JAVA_FLOAT_UNALIGNED);
  }

  /** The gradient norms of the 200 steps, before clipping. */
  public float[] longNorms() {
    return readLong("norms").toArray(ValueLayout.JAVA_FLOAT_UNALIGNED);
  }

  /** The losses of Muon's 20 steps. */
  public float[] muonLosses() {
    return read("muon.safetensors", "losses").toArray(ValueLayout.JAVA_FLOAT_UNALIGNED);
  }

  public double[] longRates() {
    return readLong("rates").toArray(ValueLayout.JAVA_DOUBLE_UNALIGNED);
  }

  private MemorySegment read(String tensor) {
    return read("expected.safetensors", tensor);
  }

  private MemorySegment readLong(String tensor) {
    return read("long.safetensors", tensor);
  }

  private MemorySegment read(String file, String tensor) {
    ObjectStore store = store();
    StoredObject object = store.get(name + "/" + file);
    SafetensorsHeader.Entry entry =
        SafetensorsReader.readHeader(store, object).entries().stream()
            .filter(e -> e.tensor().name().equals(tensor))
            .findFirst()
            .orElseThrow();
    byte[] bytes = new byte[Math.toIntExact(entry.tensor().bytes())];
    store.read(object, entry.offset(), MemorySegment.ofArray(bytes));
    return MemorySegment.ofArray(bytes);
  }

  private static ObjectStore store() {
    return new FolderObjectStore(Path.of("src/test/resources/huggingface"));
  }
}
