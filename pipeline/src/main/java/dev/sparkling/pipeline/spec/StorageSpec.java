package dev.sparkling.pipeline.spec;

import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Where the run keeps its checkpoints.
 *
 * @param uri {@code s3://bucket/prefix}, {@code file:} or a path
 * @param endpoint of MinIO or another S3 server
 * @param credentialsSecret name of the secret with the keys {@code accessKey} and {@code secretKey}
 * @param caConfigMap name of the config map with a private certificate authority
 */
public record StorageSpec(
    @Required @Size(min = 1, max = 2048) String uri,
    @Nullable @Size(max = 2048) String endpoint,
    @Nullable @Size(max = 253) String credentialsSecret,
    @Nullable @Size(max = 253) String caConfigMap) {

  static final StorageSpec EMPTY = new StorageSpec("", null, null, null);

  public StorageSpec {
    uri = Objects.requireNonNullElse(uri, "");
  }
}
