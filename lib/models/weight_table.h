#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/aligned_buffer.h"
#include "base/error.h"
#include "base/team.h"
#include "kernels/kernels.h"
#include "tensor/weight_source.h"

/// Weight tables: which tensors a model has, as data. A family writes a table whose rows say our
/// name, the name in the file, the shape in words of its config, whether the tensor must be there
/// and the member it fills; the loader does the rest, and messages come from one place.
namespace tenon::models {

/// Dimensions in config words; each family maps them to numbers.
enum class Size : std::uint8_t {
  One,
  Vocab,
  ModelDim,
  FfnDim,
  QueryDim,
  KeyValueDim,
  HeadDim,
  RopePairs
};
inline constexpr std::size_t kSizeCount = 8;
using SizeTable = std::array<std::int64_t, kSizeCount>;

enum class Need : std::uint8_t { Required, Optional, QkvBias, HeadNorms };

using Matrix = std::unique_ptr<kernels::MatmulWeight>;  // prepared for the matmul of one provider
using Vector = AlignedBuffer<float>;                    // small: float32, whatever the file has

/// One tensor of `Owner` (a model, or one of its layers).
template <typename Owner>
struct WeightRow {
  std::string_view name;    // ours, as the papers call it
  std::string_view stored;  // GGUF's; "{}" stands for the layer
  Size rows;                // One: a vector
  Size columns;
  Need need;
  std::variant<Matrix& (*)(Owner&), Vector& (*)(Owner&), TensorView& (*)(Owner&)> member;
};

/// Finds, checks and prepares tensors.
class WeightLoader {
 public:
  /// `is_needed[need]`: whether a missing tensor is an error.
  WeightLoader(const WeightSource& source, const SizeTable& sizes, std::array<bool, 4> is_needed);

  /// Fills the members of `owner`, matrices at the next prepare(). `layer` replaces "{}".
  /// Throws Error(Input) naming a missing tensor, or both shapes where one is wrong.
  template <typename Owner>
  void load(std::span<const WeightRow<Owner>> table, Owner& owner, std::int64_t layer = 0) {
    for (const WeightRow<Owner>& row : table) {
      const std::string name = stored_name(row.stored, layer);
      const auto* matrix = std::get_if<Matrix& (*)(Owner&)>(&row.member);
      const auto view = find(row.name, name, row.rows, row.columns, row.need, matrix != nullptr);
      if (!view) continue;
      if (matrix != nullptr)
        add_matrix(*view, name, (*matrix)(owner));
      else if (const auto* vector = std::get_if<Vector& (*)(Owner&)>(&row.member))
        fill_vector(*view, (*vector)(owner));
      else
        std::get<TensorView& (*)(Owner&)>(row.member)(owner) = *view;
    }
  }

  /// Another matrix to prepare: a tensor used twice. `target` must stay where it is until
  /// prepare(). A packed copy of its own, NAME.packed, is used where the source has one.
  void add_matrix(const TensorView& view, const std::string& name, Matrix& target);

  /// Prepares every matrix since the last call: all of them packed in one parallel region, cut by
  /// bytes. One worker first calls `beside`, while the others pack.
  /// Gives the bytes that they own.
  std::size_t prepare(const kernels::Kernels& kernels, kernels::Precision precision,
                      bool may_repack, Team& team, const std::function<void()>& beside = {});

  /// Numbers in all tensors found so far.
  std::int64_t parameters() const { return parameters_; }
  /// Throws Error(Unsupported) for a tensor of the source that no table asked for: leaving a part
  /// of a model out would change its numbers without a word. Names ending in one of `ignored` may
  /// be left.
  void refuse_unused(std::string_view architecture,
                     std::span<const std::string_view> ignored) const;

 private:
  struct Job {
    TensorView view;
    std::string name;
    Matrix* target;
    std::optional<PackedTensor> packed;  // instead of the view's bytes
    std::size_t row_bytes() const {
      return tenon::row_bytes(view.dtype, static_cast<std::size_t>(view.row_elements()));
    }
  };
  /// Some grains of one matrix.
  struct Piece {
    const Job* job;
    Range grains;
  };

  std::vector<Piece> place(const kernels::Kernels& kernels, kernels::Precision precision,
                           bool may_repack);
  void pack(const Piece& piece, AlignedBuffer<std::byte>& buffer) const;
  std::unique_ptr<kernels::MatmulWeight> adopt(const Job& job, const kernels::Kernels& kernels,
                                               kernels::Precision precision) const;
  Error named(const Error& error, const Job& job) const;

  static std::string stored_name(std::string_view pattern, std::int64_t layer);
  std::optional<TensorView> find(std::string_view name, const std::string& stored, Size rows,
                                 Size columns, Need need, bool may_be_packed);
  static void fill_vector(const TensorView& view, Vector& target);

  const WeightSource& source_;
  SizeTable sizes_;
  std::array<bool, 4> is_needed_;
  std::vector<Job> jobs_;
  std::vector<std::string> used_;
  std::int64_t parameters_ = 0;
};

}  // namespace tenon::models
