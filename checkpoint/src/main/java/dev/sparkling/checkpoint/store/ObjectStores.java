package dev.sparkling.checkpoint.store;

import java.util.function.Supplier;

/** Opens the store that a location names. */
public final class ObjectStores {

  private ObjectStores() {}

  /**
   * Opens a store rooted at the location.
   *
   * @param access how to reach S3; called only for a location in S3
   */
  public static ObjectStore open(StoreUri uri, Supplier<S3Access> access) {
    return switch (uri) {
      case StoreUri.Folder folder -> new FolderObjectStore(folder.path());
      case StoreUri.Bucket bucket ->
          new MinioObjectStore(access.get(), bucket.bucket(), bucket.prefix());
    };
  }
}
