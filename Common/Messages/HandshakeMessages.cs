using MessagePack;
using TraversalLearning.Wire;

namespace TraversalLearning.Messages;

/// <summary>The node introduces itself; the first frame of a connection.</summary>
/// <param name="NodeId">From 1.</param>
/// <param name="SampleCount">Samples that it holds.</param>
/// <param name="SampleShape">Dimensions of one sample, e.g. <c>[1, 28, 28]</c>.</param>
/// <param name="SampleType">Element type of the samples: <c>uint8</c>, <c>float32</c>, <c>float64</c>, <c>int32</c> or <c>int64</c>.</param>
/// <param name="ClassCount">Labels are from 0 to this, exclusive; 0 where they are numbers.</param>
/// <param name="Fingerprint">SHA-256 over its data in hex, so that a node that returns is known to hold the same.</param>
/// <param name="Capabilities">Optional abilities, comma separated: <c>lz4</c>, <c>loss</c>, <c>augmentation</c>, <c>validation</c>, <c>local_training</c>, <c>gossip</c>, <c>split_turns</c>, <c>blind</c>, <c>table</c>.</param>
/// <param name="Software">Name and version of the program, for the log.</param>
/// <param name="Nonce">From a node with a token: 64 fresh random hexadecimal digits. Others leave the field out.</param>
public sealed record Hello(
    int NodeId,
    long SampleCount,
    long[] SampleShape,
    string SampleType,
    int ClassCount,
    string Fingerprint,
    string Capabilities,
    string Software,
    string? Nonce = null)
    : IMessage<Hello>
{
    private const int MaxDealing = 256;

    /// <summary>The smallest and the largest number of all samples, to two digits; <see langword="null"/>, both fields being left out, for pixels, tokens and tables.</summary>
    public (double Least, double Largest)? Range { get; init; }

    /// <summary>From a node that takes its part of a common set: how that is dealt out, and how many samples it has. Others leave both fields out.</summary>
    public (string How, long Samples)? Dealt { get; init; }

    /// <summary>The ability to decode LZ4 tensors.</summary>
    public const string Lz4Capability = "lz4";

    /// <summary>The ability to take the loss of <see cref="Welcome.Loss"/>: a node that does not know the field would train with another.</summary>
    public const string LossCapability = "loss";

    /// <summary>The ability to change images as <see cref="Welcome.Augmentation"/> says.</summary>
    public const string AugmentationCapability = "augmentation";

    /// <summary>The ability to say how a model does on its samples: <see cref="ValidationPass"/>.</summary>
    public const string ValidationCapability = "validation";

    /// <summary>The ability to take part in the blind exchange: <see cref="BlindStart"/>.</summary>
    public const string BlindCapability = "blind";

    /// <summary>The ability to train on its own samples by itself: <see cref="LocalTraining"/>.</summary>
    public const string LocalCapability = "local_training";

    /// <summary>The ability to mix its model with its neighbours': <see cref="GossipRound"/>.</summary>
    public const string GossipCapability = "gossip";

    /// <summary>The ability to train θ_N in turns: <see cref="TurnStart"/>.</summary>
    public const string TurnCapability = "split_turns";

    /// <summary>
    /// Its samples are rows of a table, and it can be asked what they are like: <see cref="SampleShape"/> is the number of columns, <see cref="ClassCount"/>
    /// that of the classes that it has.
    /// </summary>
    public const string TableCapability = "table";

    /// <summary>Whether it names an ability.</summary>
    public bool Can(string capability) => Capabilities.Split(',').Contains(capability, StringComparer.Ordinal);

    /// <inheritdoc/>
    public static MessageType Type => MessageType.Hello;

    /// <inheritdoc/>
    public int FieldCount => 8 + (Range is null ? 0 : 2) + (Dealt is null ? 0 : 2) + (Nonce is null ? 0 : 1);

    /// <inheritdoc/>
    public static Hello Read(MetadataMap metadata) => new(
        metadata.Int32("node_id"u8),
        metadata.Int64("sample_count"u8),
        metadata.Int64Array("sample_shape"u8, Tensors.TensorDescriptor.MaxRank),
        metadata.String("sample_type"u8, 16),
        metadata.Int32("class_count"u8),
        metadata.String("fingerprint"u8, 128),
        metadata.String("capabilities"u8, 256),
        metadata.String("software"u8, 128),
        metadata.Has("nonce"u8) ? metadata.Hex("nonce"u8, Challenge.NonceLength) : null)
    {
        Range = metadata.Has("least"u8) ? (metadata.Double("least"u8), metadata.Double("largest"u8)) : null,
        Dealt = metadata.Has("dealing"u8) ? (metadata.String("dealing"u8, MaxDealing), metadata.Int64("dealt_samples"u8)) : null,
    };

    /// <inheritdoc/>
    public void WriteFields(ref MessagePackWriter writer)
    {
        writer.Field("node_id"u8, NodeId);
        writer.Field("sample_count"u8, SampleCount);
        writer.Field("sample_shape"u8, SampleShape);
        writer.Field("sample_type"u8, SampleType);
        writer.Field("class_count"u8, ClassCount);
        writer.Field("fingerprint"u8, Fingerprint);
        writer.Field("capabilities"u8, Capabilities);
        writer.Field("software"u8, Software);
        if (Range is var (least, largest))
        {
            writer.Field("least"u8, least);
            writer.Field("largest"u8, largest);
        }

        if (Dealt is var (how, samples))
        {
            writer.Field("dealing"u8, how);
            writer.Field("dealt_samples"u8, samples);
        }

        if (Nonce is not null)
        {
            writer.Field("nonce"u8, Nonce);
        }
    }
}

/// <summary>The orchestrator admits the node and describes the session.</summary>
/// <param name="Session">Names the run; a node that meets the same session again keeps what it has.</param>
/// <param name="Model">The model description, JSON (docs/reference/protocol.md).</param>
/// <param name="Cut">Layers on the node's side of the cut, from 1.</param>
/// <param name="ElementType"><c>float32</c> or <c>float64</c>.</param>
/// <param name="Exchange"><c>two_phase</c> or <c>one_phase</c>.</param>
/// <param name="Mean">Subtracted from inputs scaled to [0, 1].</param>
/// <param name="Std">Divides them then.</param>
/// <param name="HeartbeatInterval">How often each side shows that it lives.</param>
/// <param name="HeartbeatTimeout">After what silence a side counts as dead.</param>
/// <param name="Proof">Where there is a token: that the orchestrator knows it, 64 hexadecimal digits. The field is left out otherwise.</param>
/// <param name="Preparation">Where the samples are rows of tables: how they are prepared, JSON (docs/reference/protocol.md). The field is left out otherwise.</param>
public sealed record Welcome(
    string Session,
    string Model,
    int Cut,
    string ElementType,
    string Exchange,
    double Mean,
    double Std,
    TimeSpan HeartbeatInterval,
    TimeSpan HeartbeatTimeout,
    string? Proof = null,
    string? Preparation = null)
    : IMessage<Welcome>
{
    // Room for 1024 class weights.
    private const int MaxLossBytes = 32768;

    /// <summary>The loss, JSON (docs/reference/protocol.md); <see langword="null"/>, the field being left out, for plain cross entropy.</summary>
    public string? Loss { get; init; }

    /// <summary>How images are changed before they are trained on, JSON (docs/reference/protocol.md); <see langword="null"/>, the field being left out, for not at all.</summary>
    public string? Augmentation { get; init; }

    /// <summary>What the orchestrator says of the run, JSON (<see cref="RunTerms"/>); <see langword="null"/>, the field being left out, for nothing.</summary>
    public string? Run { get; init; }

    private SessionTerms Terms => new(HeartbeatInterval, HeartbeatTimeout, Proof);

    /// <inheritdoc/>
    public static MessageType Type => MessageType.Welcome;

    /// <inheritdoc/>
    public int FieldCount => 7 + Terms.FieldCount + (Run is null ? 0 : 1) + (Preparation is null ? 0 : 1) + (Loss is null ? 0 : 1) + (Augmentation is null ? 0 : 1);

    /// <inheritdoc/>
    public static Welcome Read(MetadataMap metadata)
    {
        var terms = SessionTerms.Read(metadata);
        return new Welcome(
            metadata.String("session"u8, 128),
            metadata.String("model"u8, WireLimits.Admission.MaxMetadata),
            metadata.Int32("cut"u8, min: 1),
            metadata.String("dtype"u8, 16),
            metadata.String("exchange"u8, 32),
            metadata.Double("mean"u8),
            metadata.Double("std"u8),
            terms.HeartbeatInterval,
            terms.HeartbeatTimeout,
            terms.Proof,
            metadata.Has("preparation"u8) ? metadata.String("preparation"u8, WireLimits.Preparation.MaxMetadata) : null)
        {
            Loss = metadata.Has("loss"u8) ? metadata.String("loss"u8, MaxLossBytes) : null,
            Augmentation = metadata.Has("augmentation"u8) ? metadata.String("augmentation"u8, 256) : null,
            Run = metadata.Has("run"u8) ? metadata.String("run"u8, RunTerms.MaxJson) : null,
        };
    }

    /// <inheritdoc/>
    public void WriteFields(ref MessagePackWriter writer)
    {
        writer.Field("session"u8, Session);
        writer.Field("model"u8, Model);
        writer.Field("cut"u8, Cut);
        writer.Field("dtype"u8, ElementType);
        writer.Field("exchange"u8, Exchange);
        writer.Field("mean"u8, Mean);
        writer.Field("std"u8, Std);
        Terms.WriteFields(ref writer);
        if (Preparation is not null)
        {
            writer.Field("preparation"u8, Preparation);
        }

        if (Loss is not null)
        {
            writer.Field("loss"u8, Loss);
        }

        if (Augmentation is not null)
        {
            writer.Field("augmentation"u8, Augmentation);
        }

        if (Run is not null)
        {
            writer.Field("run"u8, Run);
        }
    }
}

/// <summary>The orchestrator does not admit the node.</summary>
/// <param name="Code">One of <see cref="RejectCodes"/>.</param>
/// <param name="Text">The reason for a person.</param>
/// <param name="Final">Whether trying again is pointless.</param>
public sealed record Reject(string Code, string Text, bool Final) : IMessage<Reject>
{
    /// <inheritdoc/>
    public static MessageType Type => MessageType.Reject;

    /// <inheritdoc/>
    public int FieldCount => 3;

    /// <inheritdoc/>
    public static Reject Read(MetadataMap metadata) =>
        new(metadata.String("code"u8, 64), metadata.String("text"u8, 1024), metadata.Int32("final"u8, max: 1) != 0);

    /// <inheritdoc/>
    public void WriteFields(ref MessagePackWriter writer)
    {
        writer.Field("code"u8, Code);
        writer.Field("text"u8, Text);
        writer.Field("final"u8, Final ? 1 : 0);
    }
}

/// <summary>Why a node is not admitted.</summary>
public static class RejectCodes
{
    /// <summary>The id is not from 1 to the number of nodes.</summary>
    public const string NodeId = "node_id";

    /// <summary>Another process with this id is connected.</summary>
    public const string Duplicate = "duplicate";

    /// <summary>The node's samples or labels do not fit the model, or are not those that it had before.</summary>
    public const string Data = "data";

    /// <summary>The node cannot do what this session needs.</summary>
    public const string Capability = "capability";

    /// <summary>One side has a token that the other has not, or the node's is another one.</summary>
    public const string Token = "token";

    /// <summary>The node's certificate is missing, not accepted, or for another node.</summary>
    public const string Certificate = "certificate";

    /// <summary>The orchestrator speaks TLS only.</summary>
    public const string Tls = "tls";
}
