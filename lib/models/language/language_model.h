#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/team.h"
#include "kernels/kernels.h"
#include "models/language/pass_profile.h"
#include "precision/dtype.h"
#include "tensor/weight_source.h"

/// A language model turns rows of tokens into logits. It knows no file and no drafter.
namespace tenon::models {

/// Multiplications and additions in products of weights with rows of activations, by the form that
/// the activations take.
struct ProductOperations {
  std::array<std::int64_t, kernels::kActivationForms> by_form{};
  std::int64_t& operator[](kernels::ActivationForm form) {
    return by_form[static_cast<std::size_t>(form)];
  }
  std::int64_t operator[](kernels::ActivationForm form) const {
    return by_form[static_cast<std::size_t>(form)];
  }
};

/// What every language model can say of itself.
struct LanguageModelInfo {
  std::string architecture;  // "llama", "qwen3": the name in the file
  std::int64_t vocab = 0;
  std::int64_t model_dim = 0;
  std::int64_t layers = 0;
  std::int64_t training_context = 0;  // positions it was trained for; 0: unknown
  std::int64_t parameters = 0;
  std::size_t bytes_read_per_pass = 0;  // weights one pass of one row reads, with one row of logits
  ProductOperations row_operations;     // that every row of a pass needs
  ProductOperations wanted_operations;  // that a row with logits needs besides
  std::int64_t cache_numbers_per_position = 0;  // keys and values of all layers
  std::int32_t attention_window = 0;            // positions a row sees at most; 0: all
  std::size_t bytes_owned = 0;          // memory of weights beyond the bytes of the file
  double repack_seconds = 0.0;          // of loading, by LoadOptions::clock; 0 without one
};

/// One row of a batch: a token that follows another.
struct BatchRow {
  static constexpr std::int32_t kAfterCommitted = -1;

  std::int32_t token = 0;
  /// Index in this batch of the row it follows, which must come earlier and be of the same sequence;
  /// kAfterCommitted: it follows the last committed position. A chain names its predecessor, a tree
  /// gives several rows one parent. The position follows from this: committed length + depth.
  std::int32_t parent = kAfterCommitted;
  std::int32_t sequence = 0;  // index into the states passed to forward
  bool wants_logits = false;
  bool wants_hidden = false;
};

using Batch = std::vector<BatchRow>;

/// Appends `tokens` as a chain after the last committed position of `sequence`; logits for the last row
/// only, or for all.
void append_chain(Batch& batch, std::int32_t sequence, std::span<const std::int32_t> tokens,
                  bool all_logits = false);

struct StateOptions {
  std::int64_t context = 0;       // positions it can hold; 0: grows as needed
  DType cache_type = DType::F16;  // F32, F16, BF16 or, where heads allow it, Q8_0
};

/// What a model remembers of one sequence: a key-value cache, or a recurrent state. Rows of the last
/// forward are pending until commit() names those that stay.
class State {
 public:
  virtual ~State() = default;

  /// Committed positions.
  virtual std::int32_t length() const = 0;
  /// Positions that fit; pending rows count too.
  virtual std::int32_t capacity() const = 0;
  /// Rows of the last batch that wait for commit, in batch order.
  virtual std::int32_t pending() const = 0;

  /// Keeps the pending rows whose indices *within the last batch* are `path`, a chain from the committed end;
  /// drops the others. An empty path drops all.
  virtual void commit(std::span<const std::int32_t> path) = 0;
  /// Keeps every pending row; they must form one chain.
  virtual void commit_all() = 0;
  /// Forgets committed positions from `length` on, and pending rows. Throws Error(Unsupported) where a
  /// model cannot go back (recurrent models beyond their snapshots).
  virtual void truncate(std::int32_t length) = 0;
  /// A copy of the first `length` committed positions.
  virtual std::unique_ptr<State> fork(std::int32_t length) const = 0;

  /// The first `length` committed positions as bytes, and back into an empty state of the same model
  /// and options. load() throws Error(Input) where the size or the layout does not fit.
  virtual std::vector<std::byte> save(std::int32_t length) const = 0;
  virtual void load(std::span<const std::byte> bytes, std::int32_t length) = 0;
  virtual std::size_t bytes() const = 0;
};

/// What one forward computed; buffers are reused by the next.
struct ForwardOutput {
  /// [rows that wanted logits, vocab], in batch order.
  AlignedBuffer<float> logits;
  /// [rows that wanted hidden, model_dim]: the last layer's output after the final norm.
  AlignedBuffer<float> hidden;
  std::int64_t logit_rows = 0;
  std::int64_t hidden_rows = 0;
  std::int64_t vocab = 0;
  std::int64_t model_dim = 0;
  /// Where the time of each forward goes is written here; null: nobody asks, and no clock is read.
  PassProfile* profile = nullptr;
  std::span<const float> logits_row(std::int64_t i) const {
    return {logits.data() + i * vocab, static_cast<std::size_t>(vocab)};
  }
};

class LanguageModel {
 public:
  virtual ~LanguageModel() = default;
  virtual const LanguageModelInfo& info() const = 0;
  virtual std::unique_ptr<State> make_state(const StateOptions& options) const = 0;

  /// Computes every row of `batch`. The logits of a row depend on its ancestors alone: bit for bit the same
  /// in any batch, for any team. Rows become pending in their states; a state with pending rows from
  /// before is an error. Throws Error(Resource) where a state is full, Error(Input) for a token
  /// outside the vocabulary. Long batches are cut inside (memory stays bounded).
  virtual void forward(const Batch& batch, std::span<State* const> states, Team& team,
                       ForwardOutput& output) = 0;
};

struct LoadOptions {
  const kernels::Kernels* kernels = nullptr;  // required
  kernels::Precision precision = kernels::Precision::Fast;
  bool may_repack = true;
  /// Work of the caller that one worker does while the others repack the weights; what it throws,
  /// making the model throws.
  std::function<void()> beside = {};
  std::function<double()> clock = {};  // seconds from any start; empty: nothing is timed
};

}  // namespace tenon::models
