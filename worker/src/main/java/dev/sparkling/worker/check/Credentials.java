package dev.sparkling.worker.check;

import dev.sparkling.checkpoint.store.FileErrors;
import dev.sparkling.checkpoint.store.S3Access;
import dev.sparkling.pipeline.error.ErrorReason;
import dev.sparkling.pipeline.error.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/**
 * Credentials in the files {@code accessKey} and {@code secretKey} of a folder, such as a mounted
 * Secret, whose files Kubernetes replaces when the Secret changes.
 *
 * @param folder folder with the files
 */
record Credentials(Path folder) {

  private static final Map<String, String> VARIABLES =
      Map.of("accessKey", S3Access.ACCESS_KEY, "secretKey", S3Access.SECRET_KEY);

  /**
   * Returns variables with the credentials added to others.
   *
   * @throws UserError if a file is missing or empty
   */
  Map<String, String> addTo(Map<String, String> others) {
    Map<String, String> environment = new HashMap<>(others);
    VARIABLES.forEach((file, variable) -> environment.put(variable, read(file)));
    return environment;
  }

  private String read(String name) {
    Path file = folder.resolve(name);
    try {
      String value = Files.exists(file) ? Files.readString(file).strip() : "";
      if (value.isEmpty()) {
        throw new UserError(
            ErrorReason.CREDENTIALS_REFUSED,
            file + ": is missing or empty; the Secret must have the keys accessKey and secretKey",
            null);
      }
      return value;
    } catch (IOException e) {
      throw FileErrors.translate(file, e);
    }
  }
}
