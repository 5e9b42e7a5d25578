using static TorchSharp.torch;

namespace TraversalLearning.Models.Layers;

/// <summary><c>torch.nn.MaxPool1d</c> with stride = kernel: <c>[c, l] → [c, l/k]</c>.</summary>
public sealed record MaxPool1dLayer(string Name, long Kernel) : LayerDescription(Name)
{
    /// <inheritdoc/>
    public override long[] OutputShape(long[] input)
    {
        RequirePositive("kernel", Kernel);
        return input is [var channels, var length] && length >= Kernel
            ? [channels, length / Kernel]
            : throw Mismatch($"[channels, length] of at least {Kernel}", input);
    }

    /// <inheritdoc/>
    internal override BuiltLayer Build(long[] input) => BuiltLayer.Of(nn.MaxPool1d(Kernel));
}

/// <summary>Base of the pools over images: adjacent square windows, <c>[c, h, w] → [c, h/k, w/k]</c>.</summary>
public abstract record Pool2dLayer(string Name, long Kernel) : LayerDescription(Name)
{
    /// <inheritdoc/>
    public sealed override long[] OutputShape(long[] input)
    {
        RequirePositive("kernel", Kernel);
        return input is [var channels, var height, var width] && height >= Kernel && width >= Kernel
            ? [channels, height / Kernel, width / Kernel]
            : throw Mismatch($"[channels, height, width] of at least {Kernel}×{Kernel}", input);
    }
}

/// <summary><c>torch.nn.MaxPool2d</c> with stride = kernel: <c>[c, h, w] → [c, h/k, w/k]</c>.</summary>
public sealed record MaxPool2dLayer(string Name, long Kernel) : Pool2dLayer(Name, Kernel)
{
    /// <inheritdoc/>
    internal override BuiltLayer Build(long[] input) => BuiltLayer.Of(nn.MaxPool2d(Kernel));
}

/// <summary><c>torch.nn.AvgPool2d</c> with stride = kernel: <c>[c, h, w] → [c, h/k, w/k]</c>.</summary>
public sealed record AvgPool2dLayer(string Name, long Kernel) : Pool2dLayer(Name, Kernel)
{
    /// <inheritdoc/>
    internal override BuiltLayer Build(long[] input) => BuiltLayer.Of(nn.AvgPool2d(Kernel));
}

/// <summary><c>torch.nn.AdaptiveAvgPool2d</c> to a square: <c>[c, h, w] → [c, size, size]</c>.</summary>
public sealed record AdaptiveAvgPool2dLayer(string Name, long Size) : LayerDescription(Name)
{
    /// <inheritdoc/>
    public override long[] OutputShape(long[] input)
    {
        RequirePositive("size", Size);
        return input is [var channels, _, _] ? [channels, Size, Size] : throw Mismatch("[channels, height, width]", input);
    }

    /// <inheritdoc/>
    internal override BuiltLayer Build(long[] input) => BuiltLayer.Of(nn.AdaptiveAvgPool2d(Size));
}

/// <summary>
/// The mean of each channel, the first dimension: <c>[c, l] → [c]</c>, <c>[c, h, w] → [c]</c>. For token vectors, <c>[t, d]</c>,
/// that is the mean of each vector; put <see cref="TransposeLayer"/> first for the mean over the tokens.
/// </summary>
public sealed record GlobalMeanLayer(string Name) : LayerDescription(Name)
{
    /// <inheritdoc/>
    public override long[] OutputShape(long[] input) =>
        input is [var channels, _, ..] ? [channels] : throw Mismatch("[channels, …] of at least two dimensions", input);

    /// <inheritdoc/>
    internal override BuiltLayer Build(long[] input)
    {
        // All dimensions after batch and channel.
        long[] dimensions = [.. Enumerable.Range(2, input.Length - 1).Select(d => (long)d)];
        return new BuiltLayer(Module: null, x => x.mean(dimensions));
    }
}
