using TorchSharp.Modules;
using static TorchSharp.torch;

namespace TraversalLearning.Models.Layers;

/// <summary>
/// <c>torch.nn.Embedding</c>: maps tokens, int64 from 0 to <paramref name="Vocabulary"/>, exclusive, to vectors:
/// <c>[t] → [t, size]</c>. Only valid as a model's first layer.
/// </summary>
public sealed record EmbeddingLayer(string Name, long Vocabulary, long Size) : LayerDescription(Name)
{
    /// <inheritdoc/>
    public override long CountParameters() => checked(Vocabulary * Size);

    /// <inheritdoc/>
    public override long[] OutputShape(long[] input)
    {
        RequirePositive("vocabulary", Vocabulary);
        RequirePositive("size", Size);
        return input is [var tokens] ? [tokens, Size] : throw Mismatch("[tokens]", input);
    }

    /// <inheritdoc/>
    internal override BuiltLayer Build(long[] input) => BuiltLayer.Of(nn.Embedding(Vocabulary, Size));
}

/// <summary>
/// A one-layer, batch-first <c>torch.nn.LSTM</c> with a zero initial state, from the steps <c>[t, in]</c> to the last hidden
/// state <c>[hidden]</c>. Parameters, in this order: <c>weight_ih_l0 [4·hidden, in]</c>, <c>weight_hh_l0 [4·hidden, hidden]</c>,
/// <c>bias_ih_l0</c> and <c>bias_hh_l0 [4·hidden]</c>.
/// </summary>
public sealed record LstmLayer(string Name, long In, long Hidden) : LayerDescription(Name)
{
    // Per step: four gates, the cell and its tanh, the hidden state, and part of the input's product.
    private const int KeptPerStep = 8;

    /// <inheritdoc/>
    public override long CountParameters() => checked(4 * Hidden * (In + Hidden + 2));

    /// <inheritdoc/>
    public override long[] OutputShape(long[] input)
    {
        RequirePositive("in", In);
        RequirePositive("hidden", Hidden);
        if (input is not [var steps, var size] || size != In)
        {
            throw Mismatch($"[steps, {In}]", input);
        }

        return checked(steps * Hidden * KeptPerStep) <= ModelDescription.MaxElements
            ? [Hidden]
            : throw new ModelException($"layer '{Name}' makes the model too large: {steps} steps");
    }

    /// <inheritdoc/>
    public override long CountActivations(long[] input) => checked(input[0] * Hidden * KeptPerStep);

    /// <inheritdoc/>
    internal override BuiltLayer Build(long[] input)
    {
        LSTM lstm = nn.LSTM(In, Hidden, batchFirst: true);
        return new BuiltLayer(lstm, x =>
        {
            (_, Tensor hidden, _) = lstm.call(x);
            return hidden.select(0, 0);
        });
    }
}
