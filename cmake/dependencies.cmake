# What Downhill needs from others. An installed package is always preferred, and then the network is never tried; what is
# missing is fetched from its upstream repository at a pinned release.

include(FetchContent)

# downhill_fetch(<name> <repository> <tag> [more arguments of FetchContent_Declare])
function(downhill_fetch name repository tag)
  string(TOLOWER ${name} lower)
  string(TOUPPER ${name} upper)
  if(NOT FETCHCONTENT_FULLY_DISCONNECTED
     AND NOT FETCHCONTENT_SOURCE_DIR_${upper}
     AND NOT EXISTS ${FETCHCONTENT_BASE_DIR}/${lower}-src)
    message(STATUS "${name} is not installed: fetching ${tag} from ${repository}")
    # Asked first, because FetchContent's own failure is a page long and does not say what to do.
    execute_process(
      COMMAND ${CMAKE_COMMAND} -E env GIT_TERMINAL_PROMPT=0 git ls-remote --exit-code ${repository} refs/tags/${tag}
      RESULT_VARIABLE result
      ERROR_VARIABLE reason
      OUTPUT_QUIET
      TIMEOUT 60)
    if(NOT result EQUAL 0)
      string(STRIP "${reason}" reason)
      message(FATAL_ERROR "${name} is neither installed nor can it be fetched from ${repository} (${reason}).\n"
                          "Run ./setup.sh, which installs everything Downhill needs, and try again.")
    endif()
  endif()

  # Only what we link; none of their tests, documents or install rules.
  set(CMAKE_POLICY_DEFAULT_CMP0077 NEW)
  set(BENCHMARK_ENABLE_TESTING OFF)
  set(BENCHMARK_ENABLE_INSTALL OFF)
  set(BENCHMARK_ENABLE_WERROR OFF)
  set(CATCH_DEVELOPMENT_BUILD OFF)
  set(CLI11_BUILD_EXAMPLES OFF)
  set(CLI11_BUILD_TESTS OFF)
  set(CLI11_INSTALL OFF)
  set(FMT_INSTALL OFF)
  set(JSON_BuildTests OFF)
  set(JSON_Install OFF)
  FetchContent_Declare(${name} GIT_REPOSITORY ${repository} GIT_TAG ${tag} GIT_SHALLOW TRUE SYSTEM ${ARGN})
  FetchContent_MakeAvailable(${name})
  set(${lower}_SOURCE_DIR ${${lower}_SOURCE_DIR} PARENT_SCOPE)
endfunction()

set(downhill_fetched "") # the libraries' own dependencies that are not installed

if(NOT TARGET fmt::fmt)
  find_package(fmt 9 QUIET)
  if(NOT fmt_FOUND)
    downhill_fetch(fmt https://github.com/fmtlib/fmt.git 10.1.1)
    list(APPEND downhill_fetched fmt)
  endif()
endif()

if(NOT TARGET Eigen3::Eigen)
  find_package(Eigen3 3.4 QUIET NO_MODULE)
  if(NOT Eigen3_FOUND)
    # Headers are all we want: the subdirectory that does not exist keeps Eigen's own build, with its tests, out of ours.
    downhill_fetch(Eigen3 https://gitlab.com/libeigen/eigen.git 3.4.0 SOURCE_SUBDIR headers-only)
    add_library(Eigen3::Eigen INTERFACE IMPORTED GLOBAL)
    target_include_directories(Eigen3::Eigen SYSTEM INTERFACE ${eigen3_SOURCE_DIR})
    list(APPEND downhill_fetched Eigen3)
  endif()
endif()

# Headers that only our own sources include: an installed package does not lean on them, fetched or not.
if(NOT TARGET nlohmann_json::nlohmann_json)
  find_package(nlohmann_json 3 QUIET)
  if(NOT nlohmann_json_FOUND)
    downhill_fetch(nlohmann_json https://github.com/nlohmann/json.git v3.12.0)
  endif()
endif()

# Never fetched: without it, products of matrices use one thread.
if(NOT TARGET OpenMP::OpenMP_CXX)
  find_package(OpenMP QUIET COMPONENTS CXX)
endif()

# Never fetched: without it, or with DOWNHILL_RANKS off, there is no downhill::ranks. Its own C++ interface is long gone.
set(DOWNHILL_HAVE_RANKS OFF)
if(DOWNHILL_RANKS)
  set(MPI_CXX_SKIP_MPICXX ON)
  find_package(MPI QUIET COMPONENTS CXX)
  if(MPI_CXX_FOUND)
    set(DOWNHILL_HAVE_RANKS ON)
  endif()
endif()
# How the tests start several ranks: also as root, as in a container, and more than there are cores. Only Open MPI knows that.
set(downhill_mpirun "")
set(downhill_no_mpirun "MPI is not installed, or DOWNHILL_RANKS is off")
if(DOWNHILL_HAVE_RANKS AND DOWNHILL_BUILD_TESTS)
  set(downhill_no_mpirun "there is no mpirun of Open MPI")
  execute_process(COMMAND ${MPIEXEC_EXECUTABLE} --version OUTPUT_VARIABLE launcher ERROR_QUIET)
  if(launcher MATCHES "Open MPI|OpenRTE")
    set(downhill_mpirun ${MPIEXEC_EXECUTABLE} --oversubscribe --allow-run-as-root)
  endif()
endif()

# Never fetched: every system has it, and other libraries of a program may bring it along.
if(NOT TARGET ZLIB::ZLIB)
  find_package(ZLIB QUIET)
  if(NOT ZLIB_FOUND)
    message(FATAL_ERROR "zlib is not installed, and Downhill writes pictures and reads compressed files with it.\n"
                        "Run ./setup.sh, which installs everything Downhill needs, and try again.")
  endif()
endif()

if(DOWNHILL_BUILD_TESTS AND NOT TARGET Catch2::Catch2)
  find_package(Catch2 3 QUIET)
  if(NOT Catch2_FOUND)
    find_package(Catch2 2.13 QUIET)
  endif()
  if(NOT Catch2_FOUND)
    downhill_fetch(Catch2 https://github.com/catchorg/Catch2.git v3.7.1)
    list(APPEND CMAKE_MODULE_PATH ${catch2_SOURCE_DIR}/extras)
  endif()
endif()

if(DOWNHILL_BUILD_EXAMPLES AND NOT TARGET CLI11::CLI11)
  find_package(CLI11 2 QUIET)
  if(NOT CLI11_FOUND)
    downhill_fetch(CLI11 https://github.com/CLIUtils/CLI11.git v2.4.1)
  endif()
endif()

if(DOWNHILL_BUILD_BENCH AND NOT TARGET benchmark::benchmark)
  find_package(benchmark 1.7 QUIET)
  if(NOT benchmark_FOUND)
    downhill_fetch(benchmark https://github.com/google/benchmark.git v1.9.1)
  endif()
endif()
