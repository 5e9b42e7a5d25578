using System.Text.Json.Serialization;
using static TorchSharp.torch;

namespace TraversalLearning.Models.Layers;

/// <summary>Base of the convolutions: a kernel of equal size in all dimensions, zero padding, no groups, no dilation.</summary>
public abstract record ConvolutionLayer(
    string Name,
    long In,
    long Out,
    long Kernel,
    long Stride,
    long Padding,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] bool? Bias) : LayerDescription(Name)
{
    private protected bool HasBias => Bias ?? true;

    private protected void RequireSizes()
    {
        RequirePositive("in", In);
        RequirePositive("out", Out);
        RequirePositive("kernel", Kernel);
        RequirePositive("stride", Stride);
        RequirePositive("padding + 1", Padding + 1);
    }

    private protected bool Fits(long size) => size + (2 * Padding) >= Kernel;

    private protected long Windows(long size) => ((size + (2 * Padding) - Kernel) / Stride) + 1;
}

/// <summary><c>torch.nn.Conv1d</c>: <c>[in, l] → [out, l']</c>. <paramref name="Bias"/> defaults to true.</summary>
public sealed record Conv1dLayer(string Name, long In, long Out, long Kernel, long Stride = 1, long Padding = 0, bool? Bias = null)
    : ConvolutionLayer(Name, In, Out, Kernel, Stride, Padding, Bias)
{
    /// <inheritdoc/>
    public override long CountParameters() => checked((In * Out * Kernel) + (HasBias ? Out : 0));

    /// <inheritdoc/>
    public override long[] OutputShape(long[] input)
    {
        RequireSizes();
        return input is [var channels, var length] && channels == In && Fits(length)
            ? [Out, Windows(length)]
            : throw Mismatch($"[{In}, length] of at least {Kernel}", input);
    }

    /// <inheritdoc/>
    internal override BuiltLayer Build(long[] input) => BuiltLayer.Of(nn.Conv1d(In, Out, Kernel, Stride, Padding, bias: HasBias));
}

/// <summary><c>torch.nn.Conv2d</c>: <c>[in, h, w] → [out, h', w']</c>. <paramref name="Bias"/> defaults to true.</summary>
public sealed record Conv2dLayer(string Name, long In, long Out, long Kernel, long Stride = 1, long Padding = 0, bool? Bias = null)
    : ConvolutionLayer(Name, In, Out, Kernel, Stride, Padding, Bias)
{
    /// <inheritdoc/>
    public override long CountParameters() => checked((In * Out * Kernel * Kernel) + (HasBias ? Out : 0));

    /// <inheritdoc/>
    public override long[] OutputShape(long[] input)
    {
        RequireSizes();
        return input is [var channels, var height, var width] && channels == In && Fits(height) && Fits(width)
            ? [Out, Windows(height), Windows(width)]
            : throw Mismatch($"[{In}, height, width] of at least {Kernel}×{Kernel}", input);
    }

    /// <inheritdoc/>
    internal override BuiltLayer Build(long[] input) => BuiltLayer.Of(nn.Conv2d(In, Out, Kernel, Stride, Padding, bias: HasBias));
}
