package dev.sparkling.checkpoint.store;

import dev.sparkling.pipeline.error.UserError;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The address and credentials of an S3 server, from the same environment variables as the AWS
 * tools.
 *
 * @param certificateAuthority PEM file with authorities to trust in addition to the JDK's
 */
public record S3Access(
    String endpoint,
    String accessKey,
    String secretKey,
    String region,
    Optional<Path> certificateAuthority) {

  public static final String ENDPOINT = "AWS_ENDPOINT_URL";
  public static final String ACCESS_KEY = "AWS_ACCESS_KEY_ID";
  public static final String SECRET_KEY = "AWS_SECRET_ACCESS_KEY";
  public static final String REGION = "AWS_REGION";
  public static final String CERTIFICATE_AUTHORITY = "AWS_CA_BUNDLE";

  private static final String DEFAULT_REGION = "us-east-1";

  /**
   * Reads the environment.
   *
   * @throws UserError naming every variable that is missing
   */
  public static S3Access fromEnvironment(Map<String, String> environment) {
    List<String> missing = new ArrayList<>();
    for (String name : List.of(ENDPOINT, ACCESS_KEY, SECRET_KEY)) {
      if (environment.getOrDefault(name, "").isBlank()) {
        missing.add("environment " + name + ": is missing; an s3:// location needs it");
      }
    }
    if (!missing.isEmpty()) {
      throw new UserError(missing);
    }
    return new S3Access(
        environment.getOrDefault(ENDPOINT, ""),
        environment.getOrDefault(ACCESS_KEY, ""),
        environment.getOrDefault(SECRET_KEY, ""),
        environment.getOrDefault(REGION, DEFAULT_REGION),
        Optional.ofNullable(environment.get(CERTIFICATE_AUTHORITY))
            .filter(file -> !file.isBlank())
            .map(Path::of));
  }

  /** Returns the access without the secret. */
  @Override
  public String toString() {
    return "S3Access[" + endpoint + ", " + accessKey + "]";
  }
}
