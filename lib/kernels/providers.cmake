# The optional kernel providers, each compiled with its own flags and chosen at run time. A provider
# that is not built is replaced by a folder of stubs, so sources stay free of #ifdef.
foreach(provider highway avx512 onednn)
  if(provider IN_LIST TENON_KERNELS)
    set(TENON_HAS_${provider} ON)
  else()
    set(TENON_HAS_${provider} OFF)
  endif()
endforeach()
