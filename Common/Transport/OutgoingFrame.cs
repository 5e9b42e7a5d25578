using TraversalLearning.Messages;
using TraversalLearning.Tensors;
using TraversalLearning.Wire;

namespace TraversalLearning.Transport;

/// <summary>A frame that is about to be sent.</summary>
/// <param name="Type">The message's type.</param>
/// <param name="Step">The message's step; <see langword="null"/> if it has none.</param>
/// <param name="Tensors">Its tensors, valid during the call only.</param>
/// <param name="Bytes">Length of the whole frame: header, metadata and tensors.</param>
/// <param name="Rows">
/// Samples of the sender that the message was computed from, each use counted: rows of a visit, samples times epochs of
/// local training, all samples for a model or what describes the data; 0 if it says nothing of them.
/// </param>
public readonly record struct OutgoingFrame(MessageType Type, StepId? Step, ReadOnlyMemory<EncodedTensor> Tensors, long Bytes, long Rows);
