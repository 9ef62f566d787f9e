package dev.sparkling.pipeline.spec;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The object store of a run. */
public record StorageSpec(
    @JsonPropertyDescription(
            "Location of the run's objects, not shared with another run: s3://BUCKET/PREFIX; for a local run also a file: URI or a path. Cannot be edited once a stage has started.")
        @Required
        @Size(min = 1, max = 2048)
        String uri,
    @JsonPropertyDescription(
            "URL of the S3 server, such as MinIO. If omitted, workers need AWS_ENDPOINT_URL in their environment.")
        @Nullable
        @Size(max = 2048)
        String endpoint,
    @JsonPropertyDescription(
            "Name of a Secret in the run's namespace with the keys accessKey and secretKey.")
        @Nullable
        @Size(max = 253)
        String credentialsSecret,
    @JsonPropertyDescription(
            "Name of a ConfigMap in the run's namespace whose key ca.crt holds a certificate authority to trust in addition to the public ones.")
        @Nullable
        @Size(max = 253)
        String caConfigMap) {

  static final StorageSpec EMPTY = new StorageSpec("", null, null, null);

  public StorageSpec {
    uri = Objects.requireNonNullElse(uri, "");
  }
}
