package dev.sparkling.pipeline.spec;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Where the run keeps its checkpoints. */
public record StorageSpec(
    @JsonPropertyDescription(
            "Where the run keeps its objects, used by no other run: s3://BUCKET/PREFIX, for a local run also file: or a path; cannot be edited once a stage has begun")
        @Required
        @Size(min = 1, max = 2048)
        String uri,
    @JsonPropertyDescription("URL of MinIO or another S3 server; default: that of AWS")
        @Nullable
        @Size(max = 2048)
        String endpoint,
    @JsonPropertyDescription(
            "Name of the secret in this namespace with the keys accessKey and secretKey")
        @Nullable
        @Size(max = 253)
        String credentialsSecret,
    @JsonPropertyDescription(
            "Name of the config map in this namespace whose key ca.crt is a certificate authority to trust beside the public ones")
        @Nullable
        @Size(max = 253)
        String caConfigMap) {

  static final StorageSpec EMPTY = new StorageSpec("", null, null, null);

  public StorageSpec {
    uri = Objects.requireNonNullElse(uri, "");
  }
}
