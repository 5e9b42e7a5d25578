using System.Text.Json.Serialization;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace TraversalLearning.Models.Layers;

/// <summary>
/// <c>torch.nn.BatchNorm1d</c> over <c>[c]</c> and <c>[c, l]</c>, <c>torch.nn.BatchNorm2d</c> over <c>[c, h, w]</c>; eps 1e-5,
/// momentum 0.1. The buffers <c>running_mean [c]</c>, <c>running_var [c]</c> and <c>num_batches_tracked</c> (one int64) are
/// updated in training mode and used in evaluation mode.
/// </summary>
/// <remarks>One value per channel has no variance. PyTorch rejects that in Python, but libtorch returns the bias, so it is rejected here.</remarks>
public sealed record BatchNormLayer(string Name, long Channels) : LayerDescription(Name)
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override LayerCoupling Coupling => LayerCoupling.Rows;

    /// <inheritdoc/>
    public override bool NeedsTwoRows(long[] input) => Elements(input) == Channels;

    /// <inheritdoc/>
    public override long CountParameters() => 2 * Channels;

    /// <inheritdoc/>
    public override long[] OutputShape(long[] input)
    {
        RequirePositive("channels", Channels);
        return input.Length <= 3 && input[0] == Channels ? input : throw Mismatch($"[{Channels}], [{Channels}, length] or [{Channels}, height, width]", input);
    }

    /// <inheritdoc/>
    internal override BuiltLayer Build(long[] input)
    {
        nn.Module<Tensor, Tensor> module = input.Length == 3 ? nn.BatchNorm2d(Channels) : nn.BatchNorm1d(Channels);
        return new BuiltLayer(module, x => module.training && x.numel() == Channels
            ? throw new ModelException($"layer '{Name}' normalises over a batch, and this one has one value a channel; choose a batch size that leaves no batch of one row")
            : module.call(x));
    }
}

/// <summary><c>torch.nn.GroupNorm</c> over <c>[c, l]</c> and <c>[c, h, w]</c>, each row separately; eps 1e-5.</summary>
public sealed record GroupNormLayer(string Name, long Groups, long Channels) : LayerDescription(Name)
{
    /// <inheritdoc/>
    public override long CountParameters() => 2 * Channels;

    /// <inheritdoc/>
    public override long[] OutputShape(long[] input)
    {
        RequirePositive("groups", Groups);
        RequirePositive("channels", Channels);
        if (Channels % Groups != 0)
        {
            throw new ModelException($"layer '{Name}': {Channels} channels do not make {Groups} groups of the same size");
        }

        return input.Length is 2 or 3 && input[0] == Channels ? input : throw Mismatch($"[{Channels}, length] or [{Channels}, height, width]", input);
    }

    /// <inheritdoc/>
    internal override BuiltLayer Build(long[] input)
    {
        GroupNorm norm = nn.GroupNorm(Groups, Channels);

        // TorchSharp 0.107 leaves them uninitialised.
        nn.init.ones_(norm.weight);
        nn.init.zeros_(norm.bias!);
        return BuiltLayer.Of(norm);
    }
}

/// <summary><c>torch.nn.LayerNorm</c> over the last dimension, each row separately: <c>[…, size]</c>; eps 1e-5.</summary>
public sealed record LayerNormLayer(string Name, long Size) : LayerDescription(Name)
{
    /// <inheritdoc/>
    public override long CountParameters() => 2 * Size;

    /// <inheritdoc/>
    public override long[] OutputShape(long[] input)
    {
        RequirePositive("size", Size);
        return input[^1] == Size ? input : throw Mismatch($"[…, {Size}]", input);
    }

    /// <inheritdoc/>
    internal override BuiltLayer Build(long[] input) => BuiltLayer.Of(nn.LayerNorm(Size));
}
