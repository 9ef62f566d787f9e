package dev.sparkling.worker.run;

import dev.sparkling.checkpoint.store.ObjectStore;
import dev.sparkling.checkpoint.store.ObjectStores;
import dev.sparkling.checkpoint.store.S3Access;
import dev.sparkling.checkpoint.store.StoreUri;
import dev.sparkling.pipeline.error.UserError;
import dev.sparkling.pipeline.spec.StorageSpec;
import java.util.HashMap;
import java.util.Map;

/** Opens stores with the endpoint and credentials from the environment. */
public final class StoreAccess {

  private StoreAccess() {}

  /** Opens the store at a location. */
  public static ObjectStore open(StoreUri uri) {
    return ObjectStores.open(uri, () -> S3Access.fromEnvironment(System.getenv()));
  }

  /**
   * Opens the store at a location, with the resource's endpoint if it names one.
   *
   * @throws UserError if the environment names another endpoint
   */
  public static ObjectStore open(StoreUri uri, StorageSpec storage) {
    return open(uri, storage, System.getenv());
  }

  /**
   * Opens the store at a location with the endpoint and credentials from given variables.
   *
   * @throws UserError if they name another endpoint than the resource
   */
  public static ObjectStore open(
      StoreUri uri, StorageSpec storage, Map<String, String> environment) {
    return ObjectStores.open(
        uri, () -> S3Access.fromEnvironment(environment(environment, storage)));
  }

  static Map<String, String> environment(Map<String, String> system, StorageSpec storage) {
    String endpoint = storage.endpoint();
    if (endpoint == null || endpoint.isBlank()) {
      return system;
    }
    Map<String, String> environment = new HashMap<>(system);
    String other = environment.put(S3Access.ENDPOINT, endpoint);
    if (other != null && !other.isBlank() && !other.equals(endpoint)) {
      throw new UserError(
          "spec.storage.endpoint: %s differs from %s in environment variable %s; set one of them, or both to the same value"
              .formatted(endpoint, other, S3Access.ENDPOINT));
    }
    return environment;
  }
}
