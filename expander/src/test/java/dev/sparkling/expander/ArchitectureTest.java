package dev.sparkling.expander;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** If a rule fails, move the code to the module or package that owns the concern. */
@AnalyzeClasses(
    packages = "dev.sparkling.expander",
    importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {

  @ArchTest
  static final ArchRule planHasNoValuesAndDoesNoInputOrOutput =
      noClasses()
          .that()
          .resideInAPackage("..expander.plan..")
          .should()
          .dependOnClassesThat(
              resideInAnyPackage(
                  "java.lang.foreign..", "java.io..", "java.nio..", "..checkpoint.store.."));

  @ArchTest
  static final ArchRule widenDecidesNothingAndDoesNoInputOrOutput =
      noClasses()
          .that()
          .resideInAPackage("..expander.widen..")
          .should()
          .dependOnClassesThat(
              resideInAnyPackage(
                  "java.io..",
                  "..checkpoint.store..",
                  "..checkpoint.format..",
                  "..expander.stream.."));

  @ArchTest
  static final ArchRule packagesHaveNoCycles =
      slices().matching("dev.sparkling.expander.(*)..").should().beFreeOfCycles();
}
