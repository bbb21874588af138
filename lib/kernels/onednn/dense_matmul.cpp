#include <oneapi/dnnl/dnnl.hpp>
#include <unordered_map>

#include "base/error.h"
#include "kernels/dense_providers.h"
#include "precision/block_formats.h"

// The one file that sees oneDNN. Written to what its versions 2 and 3 share; where they differ, the
// version is asked.
namespace tenon::kernels {

namespace {

using dnnl::memory;

memory::desc matrix(DType dtype, std::int64_t rows, std::int64_t columns, bool is_transposed) {
  const auto type = dtype == DType::F32 ? memory::data_type::f32 : memory::data_type::bf16;
  const memory::dims strides = is_transposed ? memory::dims{1, rows} : memory::dims{columns, 1};
  return {memory::dims{rows, columns}, type, strides};
}

dnnl::matmul::primitive_desc describe(const memory::desc& a, const memory::desc& b,
                                      const memory::desc& c, const dnnl::primitive_attr& attributes,
                                      const dnnl::engine& engine) {
#if DNNL_VERSION_MAJOR >= 3
  return {engine, a, b, c, attributes};
#else
  return {dnnl::matmul::desc(a, b, c), attributes, engine};
#endif
}

// oneDNN asks for writable pointers and writes to the destination only.
memory wrap(const memory::desc& desc, const dnnl::engine& engine, const std::byte* data) {
  return {desc, engine, const_cast<std::byte*>(data)};
}

void multiply(const TensorView& a, const TensorView& b, Tensor& c, const DenseMatmul& options) {
  static const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  const std::int64_t m = c.shape()[0], n = c.shape()[1], k = a.shape[1];
  const memory::desc a_desc = matrix(a.dtype, m, k, false);
  const memory::desc b_desc = matrix(b.dtype, k, n, options.is_b_transposed);
  const memory::desc c_desc = matrix(c.dtype(), m, n, false);
  dnnl::primitive_attr attributes;
  if (options.is_accumulating) {
    dnnl::post_ops sum;
    sum.append_sum(1.0f);
    attributes.set_post_ops(sum);
  }
  const dnnl::matmul product(describe(a_desc, b_desc, c_desc, attributes, engine));
  dnnl::stream stream(engine);
  product.execute(stream, {{DNNL_ARG_SRC, wrap(a_desc, engine, a.data)},
                           {DNNL_ARG_WEIGHTS, wrap(b_desc, engine, b.data)},
                           {DNNL_ARG_DST, wrap(c_desc, engine, c.data())}});
  stream.wait();
}

Tensor widen(const TensorView& view) {
  Tensor wide(DType::F32, view.shape);
  precision::dequantize(view.dtype, view.data, wide.floats());
  return wide;
}

// For processors whose oneDNN has no bfloat16: the same numbers in float32.
void multiply_widened(const TensorView& a, const TensorView& b, Tensor& c,
                      const DenseMatmul& options) {
  const Tensor wide_a = widen(a), wide_b = widen(b);
  Tensor wide_c = widen(c.view());
  multiply(wide_a.view(), wide_b.view(), wide_c, options);
  reference_kernels().narrow(wide_c.floats().data(), c.shape().elements(), c.dtype(), c.data());
}

}  // namespace

void onednn_dense_matmul(const TensorView& a, const TensorView& b, Tensor& c,
                         const DenseMatmul& options) {
  try {
    try {
      multiply(a, b, c, options);
    } catch (const dnnl::error& error) {
      if (error.status != dnnl_unimplemented || a.dtype == DType::F32) throw;
      multiply_widened(a, b, c, options);
    }
  } catch (const dnnl::error& error) {
    throw Error(ErrorKind::Resource, std::string("oneDNN failed: ") + error.what());
  }
}

std::string onednn_version() {
  const dnnl_version_t* version = dnnl_version();
  return std::to_string(version->major) + "." + std::to_string(version->minor) + "." +
         std::to_string(version->patch);
}

}  // namespace tenon::kernels
