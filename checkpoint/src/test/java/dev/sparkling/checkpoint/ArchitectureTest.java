package dev.sparkling.checkpoint;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** If a rule fails, move the code to the module or package that owns the concern. */
@AnalyzeClasses(
    packages = "dev.sparkling.checkpoint",
    importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {

  @ArchTest
  static final ArchRule onlyTheStoreKnowsMinioAndFiles =
      noClasses()
          .that()
          .resideOutsideOfPackage("..store..")
          .should()
          .dependOnClassesThat(resideInAnyPackage("io.minio..", "okhttp3.."));

  @ArchTest
  static final ArchRule modelAndRandomDoNoInputOrOutput =
      noClasses()
          .that()
          .resideInAnyPackage("..model..", "..random..")
          .should()
          .dependOnClassesThat(resideInAnyPackage("java.nio.file..", "..store..", "..format.."));

  @ArchTest
  static final ArchRule packagesHaveNoCycles =
      slices().matching("dev.sparkling.checkpoint.(*)..").should().beFreeOfCycles();
}
