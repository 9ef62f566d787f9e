package dev.sparkling.checkpoint.format;

import dev.sparkling.checkpoint.model.ModelConfiguration;
import dev.sparkling.checkpoint.model.TensorNames;
import dev.sparkling.checkpoint.safetensors.SafetensorsHeader.Entry;
import dev.sparkling.checkpoint.safetensors.TensorSpec;
import dev.sparkling.pipeline.spec.model.MlpShape.ExpertsShape;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Splits the fused layout of experts. Released checkpoints have a tensor per expert and matrix;
 * transformers 5 may write {@code gate_up_proj [E, 2I, H]} (gate rows first) and {@code down_proj
 * [E, H, I]} instead. Each expert's matrix is a contiguous slice of these, so no copy is needed.
 * Source: Hugging Face's conversion_mapping.py.
 */
final class FusedExperts {

  private static final Pattern FUSED =
      Pattern.compile("model\\.layers\\.(\\d{1,9})\\.mlp\\.experts\\.(gate_up_proj|down_proj)");

  private FusedExperts() {}

  /** Returns the matrices in an entry: itself, or one or two for each expert. */
  static List<PlacedTensor> split(ModelConfiguration model, int file, Entry entry) {
    Matcher fused = FUSED.matcher(entry.tensor().name());
    if (!fused.matches() || !(model.mlp() instanceof ExpertsShape experts)) {
      return List.of(new PlacedTensor(entry.tensor(), file, entry.offset()));
    }
    int layer = Integer.parseInt(fused.group(1));
    long inner = experts.innerSize();
    long hidden = model.hiddenSize();
    boolean down = fused.group(2).equals("down_proj");
    List<String> parts = down ? List.of("down_proj") : List.of("gate_proj", "up_proj");
    List<Long> shape = down ? List.of(hidden, inner) : List.of(inner, hidden);
    List<Long> expected =
        down
            ? List.of((long) experts.experts(), hidden, inner)
            : List.of((long) experts.experts(), 2 * inner, hidden);
    if (!entry.tensor().shape().equals(expected)) {
      // Not split, so that the check against the catalogue reports it under its own name.
      return List.of(new PlacedTensor(entry.tensor(), file, entry.offset()));
    }
    List<PlacedTensor> tensors = new ArrayList<>();
    long offset = entry.offset();
    for (int expert = 0; expert < experts.experts(); expert++) {
      for (String part : parts) {
        TensorSpec tensor =
            new TensorSpec(TensorNames.expert(layer, expert, part), entry.tensor().dtype(), shape);
        tensors.add(new PlacedTensor(tensor, file, offset));
        offset += tensor.bytes();
      }
    }
    return tensors;
  }
}
