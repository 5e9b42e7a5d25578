using TraversalLearning.Nodes;
using TraversalLearning.Tensors;
using static TorchSharp.torch;

namespace TraversalLearning.Orchestration.Training.SplitLearning;

/// <summary>The sizes of the two halves of θ and of the model's buffers, in elements.</summary>
/// <param name="FirstParameters"><c>P_N</c>.</param>
/// <param name="FirstBuffers"><c>Q_N</c>: elements of the buffers of <c>f_N</c>.</param>
/// <param name="RestBuffers"><c>Q_O</c>: those of <c>f_O</c>.</param>
/// <param name="ElementSize">Bytes of an element.</param>
internal sealed record HalfSizes(long FirstParameters, long FirstBuffers, long RestBuffers, int ElementSize)
{
    /// <summary>Bytes of θ_N.</summary>
    public int FirstBytes => checked((int)FirstParameters * ElementSize);

    /// <summary>Bytes of the buffers of <c>f_N</c>.</summary>
    public int FirstBufferBytes => checked((int)FirstBuffers * ElementSize);

    /// <summary>The sizes for a model.</summary>
    /// <param name="setup">Provides the cut.</param>
    /// <param name="buffers">Elements of all of the model's buffers.</param>
    /// <param name="restBuffers">Elements of the buffers of <c>f_O</c>.</param>
    public static HalfSizes Of(TrainingSetup setup, long buffers, long restBuffers) =>
        new(setup.FirstParameterCount, buffers - restBuffers, restBuffers, setup.ElementType.Size());

    /// <summary>The buffers of <c>f_O</c> as a view of all buffers: <c>[Q_O]</c>. The caller disposes it.</summary>
    public Tensor RestOf(Tensor buffers) => buffers.narrow(0, FirstBuffers, RestBuffers);
}
