package dev.sparkling.trainer.data;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class JavaSourceTest {

  @Test
  void licenseBeforeThePackageIsRemoved() {
    assertThat(JavaSource.clean("/*\n * License\n */\n\npackage a;\n")).isEqualTo("package a;\n");
    assertThat(JavaSource.clean("// one\n// two\n/* three */\npackage a;\n"))
        .isEqualTo("package a;\n");
  }

  @Test
  void commentAfterThePackageStays() {
    String source = "package a;\n\n/** Says why. */\nclass B {}\n";
    assertThat(JavaSource.clean(source)).isEqualTo(source);
  }

  @Test
  void commentOfAFileWithoutPackageStays() {
    assertThat(JavaSource.clean("/** A. */\nclass A {}\n")).isEqualTo("/** A. */\nclass A {}\n");
  }

  @Test
  void lineEndsAreNormalizedAndTrailingBlanksRemoved() {
    assertThat(JavaSource.clean("package a;  \r\nclass B {\t\r\n}\r"))
        .isEqualTo("package a;\nclass B {\n}\n");
  }
}
