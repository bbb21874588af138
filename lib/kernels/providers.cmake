# The optional kernel providers, each compiled with its own flags and chosen at run time. A provider
# that is not built is replaced by the absent.cpp of its folder, so sources stay free of #ifdef.
foreach(provider highway avx512 onednn)
  target_sources(tenon_kernels PRIVATE ${CMAKE_CURRENT_SOURCE_DIR}/kernels/${provider}/absent.cpp)
endforeach()
