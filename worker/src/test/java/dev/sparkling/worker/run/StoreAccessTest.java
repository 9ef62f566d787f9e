package dev.sparkling.worker.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sparkling.pipeline.error.UserError;
import dev.sparkling.pipeline.spec.StorageSpec;
import java.util.Map;
import org.junit.jupiter.api.Test;

class StoreAccessTest {

  private static final StorageSpec STORAGE =
      new StorageSpec("s3://bucket/run", "https://minio:9000", null, null);

  @Test
  void endpointOfTheResourceIsUsedWhereTheEnvironmentNamesNone() {
    assertThat(StoreAccess.environment(Map.of("AWS_ACCESS_KEY_ID", "key"), STORAGE))
        .containsEntry("AWS_ENDPOINT_URL", "https://minio:9000")
        .containsEntry("AWS_ACCESS_KEY_ID", "key");
  }

  @Test
  void endpointThatContradictsTheEnvironmentIsRefused() {
    assertThatThrownBy(
            () -> StoreAccess.environment(Map.of("AWS_ENDPOINT_URL", "http://other"), STORAGE))
        .isInstanceOf(UserError.class)
        .hasMessage(
            "spec.storage.endpoint: https://minio:9000 differs from http://other in environment"
                + " variable AWS_ENDPOINT_URL; set one of them, or both to the same value");
  }
}
