# The optional kernel providers, each compiled with its own flags and chosen at run time. A provider
# that is not built is replaced by the absent.cpp of its folder, so sources stay free of #ifdef.
include(CheckCXXCompilerFlag)

# Some files of a provider, compiled with flags of their own, into tenon_kernels.
function(tenon_kernel_objects name)
  cmake_parse_arguments(objects "" "" "SOURCES;OPTIONS" ${ARGN})
  add_library(${name} OBJECT ${objects_SOURCES})
  target_include_directories(${name} PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
  target_compile_options(${name} PRIVATE ${objects_OPTIONS})
  target_sources(tenon_kernels PRIVATE $<TARGET_OBJECTS:${name}>)
endfunction()

set(avx512_options -mavx512f -mavx512bw -mavx512dq -mavx512vl -mavx512vnni
    # GCC's own vector headers start some results from an undefined vector.
    -Wno-uninitialized -Wno-maybe-uninitialized)
check_cxx_compiler_flag("-mavx512vnni -mavx512bf16" TENON_COMPILES_AVX512)
set(kernels_dir ${CMAKE_CURRENT_SOURCE_DIR}/kernels)

if("avx512" IN_LIST TENON_KERNELS AND TENON_COMPILES_AVX512)
  file(GLOB avx512_sources CONFIGURE_DEPENDS ${kernels_dir}/avx512/*.cpp)
  list(FILTER avx512_sources EXCLUDE REGEX "/(absent|provider|linear|bfloat16_[a-z]+)\\.cpp$")
  target_sources(tenon_kernels PRIVATE ${kernels_dir}/avx512/provider.cpp
                 ${kernels_dir}/avx512/linear.cpp)
  if(TENON_SANITIZE)
    # The micro-kernels are thousands of loads in a row. Checks inline took GCC minutes a file; called,
    # seconds. Their arithmetic is vectors, which the undefined-behaviour sanitizer does not look into.
    set(products ${avx512_sources} ${kernels_dir}/avx512/bfloat16_product.cpp)
    list(FILTER products INCLUDE REGEX "_product[_a-z0-9]*\\.cpp$")
    set_source_files_properties(${products} PROPERTIES COMPILE_OPTIONS
      "-fno-sanitize=undefined;--param=asan-instrumentation-with-call-threshold=0")
  endif()
  tenon_kernel_objects(tenon_kernels_avx512 SOURCES ${avx512_sources} OPTIONS ${avx512_options})
  tenon_kernel_objects(tenon_kernels_avx512_bf16
                       SOURCES ${kernels_dir}/avx512/bfloat16_product.cpp
                               ${kernels_dir}/avx512/bfloat16_limits.cpp
                       OPTIONS ${avx512_options} -mavx512bf16)
else()
  target_sources(tenon_kernels PRIVATE ${kernels_dir}/avx512/absent.cpp)
endif()

if("highway" IN_LIST TENON_KERNELS)
  find_library(TENON_HIGHWAY_LIBRARY hwy)
  find_path(TENON_HIGHWAY_INCLUDE hwy/highway.h)
endif()
if("highway" IN_LIST TENON_KERNELS AND TENON_HIGHWAY_LIBRARY AND TENON_HIGHWAY_INCLUDE)
  file(GLOB highway_sources CONFIGURE_DEPENDS ${kernels_dir}/highway/*.cpp)
  list(FILTER highway_sources EXCLUDE REGEX "/absent\\.cpp$")
  tenon_kernel_objects(tenon_kernels_highway SOURCES ${highway_sources}
                       OPTIONS -DHWY_SHARED_DEFINE -Wno-uninitialized -Wno-maybe-uninitialized)
  target_include_directories(tenon_kernels_highway SYSTEM PRIVATE ${TENON_HIGHWAY_INCLUDE})
  target_link_libraries(tenon_kernels PRIVATE ${TENON_HIGHWAY_LIBRARY})
else()
  target_sources(tenon_kernels PRIVATE ${kernels_dir}/highway/absent.cpp)
endif()

# oneDNN runs on OpenMP threads, which the thread sanitizer does not see. Debian's package is found by its
# files: its CMake configuration asks for OpenCL, which a processor has no use for.
if("onednn" IN_LIST TENON_KERNELS AND NOT TENON_SANITIZE MATCHES "thread")
  find_library(TENON_ONEDNN_LIBRARY dnnl)
  find_path(TENON_ONEDNN_INCLUDE oneapi/dnnl/dnnl.hpp)
endif()
if("onednn" IN_LIST TENON_KERNELS AND NOT TENON_SANITIZE MATCHES "thread" AND TENON_ONEDNN_LIBRARY
   AND TENON_ONEDNN_INCLUDE)
  file(GLOB onednn_sources CONFIGURE_DEPENDS ${kernels_dir}/onednn/*.cpp)
  list(FILTER onednn_sources EXCLUDE REGEX "/absent\\.cpp$")
  tenon_kernel_objects(tenon_kernels_onednn SOURCES ${onednn_sources})
  target_include_directories(tenon_kernels_onednn SYSTEM PRIVATE ${TENON_ONEDNN_INCLUDE})
  target_link_libraries(tenon_kernels PRIVATE ${TENON_ONEDNN_LIBRARY})
else()
  target_sources(tenon_kernels PRIVATE ${kernels_dir}/onednn/absent.cpp)
endif()

# scripts/benchmarks/kernels builds and runs it.
add_executable(benchmark_kernels EXCLUDE_FROM_ALL ${CMAKE_SOURCE_DIR}/scripts/benchmarks/kernels.cpp)
target_link_libraries(benchmark_kernels PRIVATE tenon_kernels tenon_scoring)
target_compile_options(benchmark_kernels PRIVATE -Wno-conversion)
set_target_properties(benchmark_kernels PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
