package dev.sparkling.checkpoint.store;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * The MD5 digest, which S3 uses as the ETag of a part unless it encrypts the part. It detects
 * accidental differences, not attacks.
 */
final class Md5 {

  private Md5() {}

  static String hex(byte[] bytes, int length) {
    try {
      MessageDigest digest = MessageDigest.getInstance("MD5");
      digest.update(bytes, 0, length);
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
