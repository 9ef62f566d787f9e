package dev.sparkling.operator.reconcile;

import dev.sparkling.operator.api.ProgressiveTrainingResource;
import dev.sparkling.pipeline.spec.ProgressiveTraining;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.javaoperatorsdk.operator.processing.event.source.filter.OnUpdateFilter;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Accepts only updates that need a reconciliation: of the spec, the finalizers, the deletion and
 * the request for a retry. The operator's own updates of the status are ignored.
 */
public final class UserEdits implements OnUpdateFilter<ProgressiveTrainingResource> {

  @Override
  public boolean accept(ProgressiveTrainingResource updated, ProgressiveTrainingResource previous) {
    ObjectMeta now = updated.getMetadata();
    ObjectMeta before = previous.getMetadata();
    return !Objects.equals(now.getGeneration(), before.getGeneration())
        || !Objects.equals(now.getDeletionTimestamp(), before.getDeletionTimestamp())
        || !Objects.equals(now.getFinalizers(), before.getFinalizers())
        || !Objects.equals(retry(now), retry(before));
  }

  private static @Nullable String retry(ObjectMeta metadata) {
    Map<String, String> annotations = metadata.getAnnotations();
    return annotations == null ? null : annotations.get(ProgressiveTraining.RETRY_ANNOTATION);
  }
}
