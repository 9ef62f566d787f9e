package dev.sparkling.trainer.data;

import java.util.regex.Pattern;

/** Cleans Java source text. */
final class JavaSource {

  /** Comments before the package declaration: the license, which is repeated in every file. */
  private static final Pattern LICENSE =
      Pattern.compile("\\A(\\s*(/\\*.*?\\*/|//[^\\n]*\\n))+(?=\\s*package\\s)", Pattern.DOTALL);

  private static final Pattern TRAILING_BLANKS = Pattern.compile("[ \\t\\x0B\\f]+(?=\\n|\\z)");

  private JavaSource() {}

  /** Normalizes line endings, and removes the license and white space at the ends of lines. */
  static String clean(String text) {
    String unix = text.replace("\r\n", "\n").replace('\r', '\n');
    String bare = LICENSE.matcher(unix).replaceFirst("");
    return TRAILING_BLANKS.matcher(bare).replaceAll("").strip() + "\n";
  }
}
