package dev.sparkling.worker.check;

import dev.sparkling.checkpoint.store.FileErrors;
import dev.sparkling.checkpoint.store.S3Access;
import dev.sparkling.pipeline.error.ErrorReason;
import dev.sparkling.pipeline.error.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Credentials in the files {@code accessKey} and {@code secretKey} of a folder, such as a mounted
 * Secret, whose files Kubernetes replaces when the Secret changes.
 *
 * @param folder folder with the files
 */
record Credentials(Path folder) {

  private static final String ACCESS_KEY = "accessKey";
  private static final String SECRET_KEY = "secretKey";

  /**
   * Returns variables with the credentials added to others.
   *
   * @throws UserError naming every file that is missing or empty
   */
  Map<String, String> addTo(Map<String, String> others) {
    String accessKey = read(ACCESS_KEY);
    String secretKey = read(SECRET_KEY);
    List<String> problems = new ArrayList<>();
    require(ACCESS_KEY, accessKey, problems);
    require(SECRET_KEY, secretKey, problems);
    if (!problems.isEmpty()) {
      throw new UserError(ErrorReason.CREDENTIALS_REFUSED, problems);
    }
    Map<String, String> environment = new HashMap<>(others);
    environment.put(S3Access.ACCESS_KEY, accessKey);
    environment.put(S3Access.SECRET_KEY, secretKey);
    return environment;
  }

  private String read(String name) {
    Path file = folder.resolve(name);
    try {
      return Files.exists(file) ? Files.readString(file).strip() : "";
    } catch (IOException e) {
      throw FileErrors.translate(file, e);
    }
  }

  private void require(String name, String value, List<String> problems) {
    if (value.isEmpty()) {
      problems.add(
          folder.resolve(name)
              + ": is missing or empty; the Secret must have the keys accessKey and secretKey");
    }
  }
}
