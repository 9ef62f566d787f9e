package dev.sparkling.checkpoint.run;

/**
 * The resource, or the user on a machine, that a run in a store belongs to.
 *
 * @param id identity: cluster, namespace and name of a ProgressiveTraining, or the ID of a user on
 *     a machine
 * @param name what a person calls it, for messages
 */
public record RunOwner(String id, String name) {

  /** No owner: anyone may take the run. */
  static final RunOwner NONE = new RunOwner("", "nobody");

  /** The owner of a run that is being deleted, which no one may take. */
  static final RunOwner DELETED = new RunOwner("deleted", "a deletion in progress");

  boolean isNobody() {
    return id.isEmpty() || equals(DELETED);
  }

  /**
   * Returns the owner of a run that a ProgressiveTraining describes.
   *
   * @param cluster identity of the cluster: the UID of its namespace kube-system, or a configured
   *     one
   */
  public static RunOwner ofResource(String cluster, String namespace, String name) {
    return new RunOwner(
        cluster + "/" + namespace + "/" + name,
        "ProgressiveTraining %s/%s of cluster %s".formatted(namespace, name, cluster));
  }

  /** Returns the owner of a run in a folder, which is whoever may write there. */
  public static RunOwner ofFolder() {
    return new RunOwner("folder", "the folder's user");
  }
}
