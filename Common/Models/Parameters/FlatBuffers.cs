using TorchSharp;
using static TorchSharp.torch;

namespace TraversalLearning.Models.Parameters;

/// <summary>
/// A model's buffers as one vector, as sent on the wire: batch-norm's running statistics, in the order of
/// <see cref="FlatParameters.Buffers"/>. Batch-norm's batch count is an integer that no computation uses; it is left out.
/// </summary>
public static class FlatBuffers
{
    /// <summary>Total number of elements, <c>Q</c>; 0 for most models.</summary>
    public static long Count(FlatParameters parameters) => Floating(parameters).Sum(b => b.numel());

    /// <summary>Copies the buffers to a vector.</summary>
    /// <param name="parameters">The model's parameters and buffers.</param>
    /// <param name="flat"><c>[Q]</c>.</param>
    public static void Read(FlatParameters parameters, Tensor flat) => Copy(parameters, flat, static (slice, buffer) => slice.copy_(buffer));

    /// <summary>Sets the buffers from a vector.</summary>
    /// <param name="parameters">The model's parameters and buffers.</param>
    /// <param name="flat"><c>[Q]</c>.</param>
    public static void Write(FlatParameters parameters, Tensor flat) => Copy(parameters, flat, static (slice, buffer) => buffer.copy_(slice));

    private static IEnumerable<Tensor> Floating(FlatParameters parameters) => parameters.Buffers.Select(b => b.Tensor).Where(b => b.dtype != ScalarType.Int64);

    private static void Copy(FlatParameters parameters, Tensor flat, Action<Tensor, Tensor> copy)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGrad = no_grad();
        long offset = 0;
        foreach (Tensor buffer in Floating(parameters))
        {
            copy(flat.narrow(0, offset, buffer.numel()).view(buffer.shape), buffer);
            offset += buffer.numel();
        }
    }
}
