package dev.sparkling.checkpoint.format;

import dev.sparkling.checkpoint.store.StoredObject;
import java.util.List;
import java.util.Optional;

/**
 * One of a checkpoint's tensor files.
 *
 * @param sha256 that the manifest expects, where there is one
 * @param tensors in the order of their bytes
 */
public record TensorFile(StoredObject object, Optional<String> sha256, List<PlacedTensor> tensors) {
  public TensorFile {
    tensors = List.copyOf(tensors);
  }
}
