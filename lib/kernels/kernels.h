#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/range.h"
#include "tensor/tensor.h"
#include "tensor/weight_source.h"

/// The narrow interface between models and processors.
///
/// **Row invariance.** Every function here gives a row the same bits whatever rows stand beside it,
/// in which order, on how many threads and with whatever cut of the columns. Integer dot products
/// are exact; float sums run in an order fixed by the column (matmul) or by the logical key
/// position (attention). A provider that cannot promise this does not implement the function.
///
/// Functions work on a range of columns, rows or items that the caller cuts per worker; none starts
/// threads. Pointers need no alignment unless said. Nothing throws after the shapes were checked.
namespace tenon::kernels {

/// How a matrix product treats stored weights.
enum class Precision {
  Exact,  // weights dequantised to float32, activations float32
  Fast,   // activations in 8-bit blocks (or bf16) where the weights are quantised; the processor's
          // own way
};

/// A weight matrix [out_features, in_features] as one provider's matmul reads it. May refer to the
/// bytes it was made from, which must outlive it.
class MatmulWeight {
 public:
  virtual ~MatmulWeight() = default;
  std::int64_t out_features = 0;
  std::int64_t in_features = 0;
  DType dtype = DType::F32;     // storage type it came from
  std::size_t bytes_read = 0;   // bytes that one pass over all columns reads
  std::size_t bytes_owned = 0;  // memory beyond the bytes it refers to
  /// Pieces of Kernels::kColumnGrain columns, each to be packed once; 0: nothing to pack.
  std::int64_t grains = 0;

  /// Packs `range` of the grains of a placed weight from `rows`, the bytes of their rows in storage
  /// order (from row kColumnGrain * range.begin on, as many as there are). The first touch of their
  /// memory is here. Different grains may be packed by different workers at once; the bits do not
  /// depend on the cut.
  virtual void pack(Range range, const std::byte* rows);
  /// The packed tiles, as Kernels::adopt_weight() takes them; empty where the weight lies as in the
  /// file.
  virtual std::span<const std::byte> packed_bytes() const { return {}; }
};

/// How rows of activations must be prepared for a weight; weights of equal form share prepared
/// rows.
enum class ActivationForm : std::uint8_t {
  Float32,   // as they are
  BFloat16,  // rounded to nearest even, pairs for bf16 dot products
  Int8x32,  // blocks of 32: int8, float scale, sums (kernels/activation_block.h); all block formats
};
inline constexpr std::size_t kActivationForms = 3;

struct RmsNorm {
  float epsilon = 1e-5f;
};

/// Keys and values of one layer and one sequence, as the attention kernel reads them: for each kv
/// head cell_groups(cells) groups of 16 cells in the order of kernels/cache_layout.h. Whole groups
/// may be read, whatever the last cells hold.
struct KeyValueView {
  DType dtype = DType::F16;  // F32, F16, BF16 or, where head_dim is a multiple of 32, Q8_0
  std::byte* keys = nullptr;
  std::byte* values = nullptr;
  std::int64_t cells = 0;  // capacity
  int kv_heads = 0;
  int head_dim = 0;
};

/// One query row: it sees logical positions 0 .. prefix + tail.size() - 1. Position p < prefix is
/// cell p; position prefix + i is cell tail[i] (its ancestors in a tree, itself last).
struct AttentionRow {
  const float* query = nullptr;  // [heads, head_dim], already rotated
  float* output = nullptr;       // [heads, head_dim]
  const KeyValueView* cache = nullptr;
  std::int32_t prefix = 0;
  std::span<const std::int32_t> tail;
};

struct AttentionOptions {
  int heads = 0;            // a multiple of kv_heads; head h reads kv head h / (heads / kv_heads)
  float scale = 1.0f;       // multiplies query . key, usually 1/sqrt(head_dim)
  std::int32_t window = 0;  // > 0: a row at position p sees p - window < j <= p; 0: all
};

/// Positions per block of the tiled softmax, the unit by which the attention of one row and head is
/// cut between workers: chunk c holds logical positions [c * 256, (c + 1) * 256), whatever cells
/// they lie in. Maximum and sums start anew in each chunk; chunks are combined in rising order, so
/// the order of every sum follows positions. The same whether one call computes all chunks or many
/// workers one each.
inline constexpr int kAttentionChunk = 256;

/// Chunks that rows of at most `positions` visible positions need.
constexpr std::ptrdiff_t attention_chunks(std::int64_t positions) {
  return static_cast<std::ptrdiff_t>((positions + kAttentionChunk - 1) / kAttentionChunk);
}

/// One provider of all operations. Stateless; one object a process and provider.
class Kernels {
 public:
  virtual ~Kernels() = default;
  virtual std::string_view name() const = 0;
  /// Instruction sets in use, for --version -v: "AVX-512F VNNI BF16".
  virtual std::string instruction_sets() const = 0;
  /// Name of the provider whose code runs for an operation ("matmul", "rms_norm", "add",
  /// "silu_multiply", "argmax", "narrow", "store_cache", "attention", "dense_matmul"); empty
  /// for another word.
  virtual std::string_view implementation_of(std::string_view operation) const = 0;

  // -- Linear -----------------------------------------------------------------------------------
  /// Makes room for a matrix, once at load; reads none of its numbers. `weight` has rank 2,
  /// [out_features, in_features], any float or block dtype. Throws Error(Shape | Unsupported). With
  /// `may_repack` false the weight only refers to the bytes of the view; else all of its grains are
  /// to be packed before the first matmul, which then never looks at the view.
  virtual std::unique_ptr<MatmulWeight> place_weight(const TensorView& weight, Precision precision,
                                                     bool may_repack = true) const = 0;
  /// place_weight() and all of the packing.
  std::unique_ptr<MatmulWeight> prepare_weight(const TensorView& weight, Precision precision,
                                               bool may_repack = true) const;
  /// The order that place_weight() packs into.
  virtual WeightLayout packed_layout() const {
    return {.provider = std::string(name()), .version = 0};
  }
  /// A matrix that lies in packed_layout() already: used where it is, which must outlive it. Only
  /// for Precision::Fast. Throws Error(Unsupported) where these kernels have no order of their own,
  /// Error(Input) where the bytes are not as many as the shape takes or begin at no multiple of 64.
  virtual std::unique_ptr<MatmulWeight> adopt_weight(const PackedTensor& packed) const;
  virtual ActivationForm activation_form(const MatmulWeight& weight) const = 0;
  /// Bytes of one prepared row, a multiple of 64.
  virtual std::size_t activation_row_bytes(ActivationForm form, std::int64_t in_features) const = 0;
  /// input [rows, in_features] float32, rows `input_stride` floats apart → prepared rows
  /// `rows.begin`
  /// .. `rows.end` at destination (64-byte aligned, activation_row_bytes apart).
  virtual void prepare_activations(ActivationForm form, const float* input,
                                   std::ptrdiff_t input_stride, std::int64_t in_features,
                                   Range rows, std::byte* destination) const = 0;
  /// output[r, c] = sum_k weight[c, k] * activation[r, k] for all r < rows and c in `columns`,
  /// written at output + r * output_stride + c. `columns` is cut at multiples of kColumnGrain.
  virtual void matmul(const MatmulWeight& weight, const std::byte* activations, int rows,
                      Range columns, float* output, std::ptrdiff_t output_stride) const = 0;
  static constexpr std::ptrdiff_t kColumnGrain = 32;

  // -- Elementwise and rows ---------------------------------------------------------------------
  /// output = input / sqrt(mean(input^2) + epsilon) * weight, over `size` numbers (Zhang & Sennrich
  /// 2019).
  virtual void rms_norm(const float* input, const float* weight, std::int64_t size,
                        const RmsNorm& options, float* output) const = 0;
  /// output += input.
  virtual void add(const float* input, std::int64_t size, float* output) const = 0;
  /// output = silu(gate) * up, silu(x) = x / (1 + exp(-x)) (Shazeer 2020). output may be gate.
  virtual void silu_multiply(const float* gate, const float* up, std::int64_t size,
                             float* output) const = 0;
  /// max over i of values[i]; the first index where equal. size >= 1.
  virtual std::int64_t argmax(const float* values, std::int64_t size) const = 0;

  /// Converts `size` float32 numbers to F32, F16 or BF16, nearest even.
  virtual void narrow(const float* input, std::int64_t size, DType dtype,
                      std::byte* output) const = 0;

  // -- Attention --------------------------------------------------------------------------------
  /// Puts the key and the value [head_dim] of one position into a cell of kv head `kv_head`: to nearest
  /// even; Q8_0 with scale = float16(largest / 127) and codes to the nearest multiple of it. A block of
  /// Q8_0 with a number that is not finite, or beyond 127 * 65504, gets a scale of NaN or infinity.
  virtual void store_cache(const float* key, const float* value, const KeyValueView& cache,
                           int kv_head, std::int64_t cell) const = 0;
  /// Softmax attention of `rows` for kv heads `kv_heads` (all query heads of their groups). Scratch
  /// of attention_scratch_floats() floats per worker. Float32 sums; maximum subtracted before exp.
  virtual void attention(std::span<const AttentionRow> rows, Range kv_heads,
                         const AttentionOptions& options, float* scratch) const = 0;
  virtual std::size_t attention_scratch_floats(const AttentionOptions& options,
                                               int head_dim) const = 0;

  /// The same in two steps, for long contexts with fewer kv heads than workers need:
  /// first any cut of kv heads and `chunks` (of attention_chunks()) into partial results, then,
  /// once all are there, the combination into row.output. Bit-equal to attention(). The partial
  /// result of row r, head h and chunk c lies at partials + ((r * heads + h) * chunk_stride + c) *
  /// attention_partial_floats(head_dim); chunk_stride >= attention_chunks() of the longest row.
  virtual void attention_partial(std::span<const AttentionRow> rows, Range kv_heads, Range chunks,
                                 const AttentionOptions& options, float* partials,
                                 std::ptrdiff_t chunk_stride, float* scratch) const = 0;
  /// Combines for heads `heads` (query heads) of every row.
  virtual void attention_combine(std::span<const AttentionRow> rows, Range heads,
                                 const AttentionOptions& options, const float* partials,
                                 std::ptrdiff_t chunk_stride) const = 0;
  /// A multiple of 16: weighted values, then the maximum, in units of the provider's own, and the
  /// sum.
  static constexpr std::size_t attention_partial_floats(int head_dim) {
    return (static_cast<std::size_t>(head_dim) + 2 + 15) / 16 * 16;
  }
};

/// Whether this process can run a provider, and if not, why ("built without", "needs AVX512_VNNI").
struct ProviderState {
  std::string name;
  bool is_available = false;
  std::string reason;
};
std::vector<ProviderState> providers();

/// Lines for people: each provider, and the instruction sets it uses here or why it cannot run.
std::string describe_providers();

/// "auto" gives the fastest available for each operation; a provider's name forces it (operations
/// it does not have come from the provider below it: avx512 → highway → reference). Throws
/// Error(Unsupported) for an unknown or unavailable name, listing what is there. The object lives
/// for the whole process.
const Kernels& select_kernels(std::string_view name);

}  // namespace tenon::kernels
