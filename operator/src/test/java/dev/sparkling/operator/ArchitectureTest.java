package dev.sparkling.operator;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import java.util.stream.Collectors;

/** If this fails, move the code to a package that may do what it does. */
@AnalyzeClasses(
    packages = "dev.sparkling.operator",
    importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {

  @ArchTest
  static final ArchRule onlyTheEdgeTalksToTheCluster =
      noClasses()
          .that()
          .resideInAnyPackage("..workload..", "..observe..", "..status..")
          .should()
          .dependOnClassesThat(
              resideInAnyPackage(
                  "io.fabric8.kubernetes.client..",
                  "io.javaoperatorsdk..",
                  "io.micrometer..",
                  "java.net.http..",
                  "org.jboss.logging.."));

  @ArchTest
  static void packagesHaveAtMost25Classes(JavaClasses classes) {
    assertThat(
            classes.stream()
                .filter(type -> type.getSource().isPresent() && !type.isNestedClass())
                .collect(Collectors.groupingBy(JavaClass::getPackageName, Collectors.counting())))
        .allSatisfy((name, count) -> assertThat(count).as(name).isLessThanOrEqualTo(25));
  }

  @ArchTest
  static final ArchRule packagesHaveNoCycles =
      slices().matching("dev.sparkling.operator.(*)..").should().beFreeOfCycles();
}
