package dev.sparkling.checkpoint.store;

class InMemoryObjectStoreTest extends ObjectStoreContract {

  @Override
  ObjectStore open() {
    return new InMemoryObjectStore();
  }
}
