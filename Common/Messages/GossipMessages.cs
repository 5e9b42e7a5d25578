using MessagePack;
using TraversalLearning.Wire;

namespace TraversalLearning.Messages;

/// <summary>
/// A round of decentralized training: the node mixes its model with those that its neighbours have sent it, and trains what comes of it on its own
/// samples. Tensors, in this order: from the second round on <c>neighbor_params [k, P]</c>, and where the model has buffers
/// <c>neighbor_buffers [k, Q]</c>; if the node does not hold its model, <c>params [P]</c> and <c>buffers [Q]</c>.
/// </summary>
/// <param name="Training">How it trains.</param>
/// <param name="ModelEpoch">With <paramref name="ModelBatch"/> the round that the node's model comes of; 0 for the model that all begin with.</param>
/// <param name="ModelBatch">From 0 within that epoch.</param>
/// <param name="Neighbors">The k nodes that it may send its model to, ascending. The rows of <c>neighbor_params</c> are theirs, in this order.</param>
/// <param name="OwnWeight">Of its own model in the mixture.</param>
/// <param name="Weights">Of its neighbours' models, <c>[k]</c>.</param>
public sealed record GossipRound(LocalTraining Training, int ModelEpoch, int ModelBatch, long[] Neighbors, double OwnWeight, double[] Weights)
    : IMessage<GossipRound>
{
    /// <summary>Most neighbours of a node: their ids and weights have room in the metadata of a frame.</summary>
    public const int MaxNeighbors = 1024;

    /// <inheritdoc/>
    public static MessageType Type => MessageType.GossipRound;

    /// <inheritdoc/>
    public int FieldCount => Training.FieldCount + 5;

    /// <inheritdoc/>
    public static GossipRound Read(MetadataMap metadata)
    {
        var round = new GossipRound(
            LocalTraining.Read(metadata),
            metadata.Int32("model_epoch"u8),
            metadata.Int32("model_batch"u8),
            metadata.Int64Array("neighbors"u8, MaxNeighbors),
            metadata.Share("own_weight"u8),
            metadata.Shares("weights"u8, MaxNeighbors));
        if (round.Weights.Length != round.Neighbors.Length)
        {
            ProtocolException.Throw(
                ProtocolError.MalformedMetadata, $"malformed metadata: {round.Weights.Length} weights for {round.Neighbors.Length} neighbours");
        }

        return round;
    }

    /// <inheritdoc/>
    public void WriteFields(ref MessagePackWriter writer)
    {
        Training.WriteFields(ref writer);
        writer.Field("model_epoch"u8, ModelEpoch);
        writer.Field("model_batch"u8, ModelBatch);
        writer.Field("neighbors"u8, Neighbors);
        writer.Field("own_weight"u8, OwnWeight);
        writer.Field("weights"u8, Weights);
    }
}

/// <summary>A node's model after a round. Tensors: <c>params [P]</c> and, if the model has buffers, <c>buffers [Q]</c>.</summary>
/// <param name="Result">What its training gave.</param>
/// <param name="To">Whom the node sends its model to: ids.</param>
public sealed record GossipResult(LocalResult Result, long[] To) : IMessage<GossipResult>, IHasStep
{
    /// <inheritdoc/>
    public StepId Step => Result.Step;

    /// <inheritdoc/>
    public static MessageType Type => MessageType.GossipResult;

    /// <inheritdoc/>
    public int FieldCount => Result.FieldCount + 1;

    /// <inheritdoc/>
    public static GossipResult Read(MetadataMap metadata) =>
        new(LocalResult.Read(metadata), metadata.Int64Array("to"u8, GossipRound.MaxNeighbors));

    /// <inheritdoc/>
    public void WriteFields(ref MessagePackWriter writer)
    {
        Result.WriteFields(ref writer);
        writer.Field("to"u8, To);
    }
}
