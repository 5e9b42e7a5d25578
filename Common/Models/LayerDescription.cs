using System.Text.Json.Serialization;

namespace TraversalLearning.Models;

/// <summary>One named layer of a model, as data. The set of kinds is closed: no type is ever made from a name off the wire.</summary>
/// <param name="Name">PyTorch's name of the submodule, e.g. <c>fc1</c>; parameters are named <c>fc1.weight</c>.</param>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "type", UnknownDerivedTypeHandling = JsonUnknownDerivedTypeHandling.FailSerialization)]
[JsonDerivedType(typeof(LinearLayer), "linear")]
[JsonDerivedType(typeof(Conv2dLayer), "conv2d")]
[JsonDerivedType(typeof(ReluLayer), "relu")]
[JsonDerivedType(typeof(MaxPool2dLayer), "max_pool2d")]
[JsonDerivedType(typeof(FlattenLayer), "flatten")]
public abstract record LayerDescription([property: JsonPropertyOrder(-1)] string Name)
{
    /// <summary>Number of trainable parameters.</summary>
    public virtual long CountParameters() => 0;

    /// <summary>How many tokens, from 0, it looks up; <see langword="null"/> for a layer that computes with numbers.</summary>
    public virtual long? CountTokens() => null;

    /// <summary>The shape of one sample behind this layer.</summary>
    /// <param name="input">The shape of one sample in front of it.</param>
    /// <exception cref="ModelException">The layer does not take that shape.</exception>
    public abstract long[] OutputShape(long[] input);

    private protected ModelException Mismatch(string expected, long[] input) =>
        new($"layer '{Name}' takes {expected}, but gets [{string.Join(", ", input)}]");

    private protected void RequirePositive(string what, long value)
    {
        if (value is < 1 or > ModelDescription.MaxDimension)
        {
            throw new ModelException($"layer '{Name}': {what} is {value}, not from 1 to {ModelDescription.MaxDimension}");
        }
    }
}

/// <summary><c>torch.nn.Linear</c>: <c>[in] → [out]</c>.</summary>
public sealed record LinearLayer(string Name, long In, long Out) : LayerDescription(Name)
{
    /// <inheritdoc/>
    public override long CountParameters() => checked((In * Out) + Out);

    /// <inheritdoc/>
    public override long[] OutputShape(long[] input)
    {
        RequirePositive("in", In);
        RequirePositive("out", Out);
        return input is [var size] && size == In ? [Out] : throw Mismatch($"[{In}]", input);
    }
}

/// <summary><c>torch.nn.Conv2d</c>: <c>[in, h, w] → [out, h', w']</c>.</summary>
public sealed record Conv2dLayer(string Name, long In, long Out, long Kernel, long Stride = 1, long Padding = 0) : LayerDescription(Name)
{
    /// <inheritdoc/>
    public override long CountParameters() => checked((In * Out * Kernel * Kernel) + Out);

    /// <inheritdoc/>
    public override long[] OutputShape(long[] input)
    {
        RequirePositive("in", In);
        RequirePositive("out", Out);
        RequirePositive("kernel", Kernel);
        RequirePositive("stride", Stride);
        RequirePositive("padding + 1", Padding + 1);
        if (input is not [var channels, var height, var width] || channels != In
            || height + (2 * Padding) < Kernel || width + (2 * Padding) < Kernel)
        {
            throw Mismatch($"[{In}, height, width] of at least {Kernel}×{Kernel}", input);
        }

        return [Out, Windows(height), Windows(width)];
    }

    private long Windows(long size) => ((size + (2 * Padding) - Kernel) / Stride) + 1;
}

/// <summary><c>torch.nn.ReLU</c>.</summary>
public sealed record ReluLayer(string Name) : LayerDescription(Name)
{
    /// <inheritdoc/>
    public override long[] OutputShape(long[] input) => input;
}

/// <summary><c>torch.nn.MaxPool2d</c> with stride = kernel: <c>[c, h, w] → [c, h/k, w/k]</c>.</summary>
public sealed record MaxPool2dLayer(string Name, long Kernel) : LayerDescription(Name)
{
    /// <inheritdoc/>
    public override long[] OutputShape(long[] input)
    {
        RequirePositive("kernel", Kernel);
        return input is [var channels, var height, var width] && height >= Kernel && width >= Kernel
            ? [channels, height / Kernel, width / Kernel]
            : throw Mismatch($"[channels, height, width] of at least {Kernel}×{Kernel}", input);
    }
}

/// <summary><c>torch.nn.Flatten</c>: <c>[a, b, …] → [a·b·…]</c>.</summary>
public sealed record FlattenLayer(string Name) : LayerDescription(Name)
{
    /// <inheritdoc/>
    public override long[] OutputShape(long[] input) => [input.Aggregate(1L, (a, b) => checked(a * b))];
}
