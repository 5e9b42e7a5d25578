using MessagePack;
using TraversalLearning.Wire;

namespace TraversalLearning.Messages;

/// <summary>A worker of a study introduces itself; the first frame of its connection, in place of <see cref="Hello"/>.</summary>
/// <param name="Name">For people; need not be unique.</param>
/// <param name="Software">Name and version of the program: what it trains is only that of the study if it is the same.</param>
/// <param name="SharesFolder">Whether it writes into the study's own folder, being on the same machine: nothing is sent to it or by it then.</param>
/// <param name="Nonce">As in <see cref="Hello"/>.</param>
public sealed record WorkerHello(string Name, string Software, bool SharesFolder, string? Nonce = null) : IMessage<WorkerHello>
{
    /// <summary>Replaces the node id in a worker's token proof; no node has this id.</summary>
    public const int NodeId = 0;

    /// <summary>The most bytes of a name.</summary>
    public const int MaxName = 128;

    /// <inheritdoc/>
    public static MessageType Type => MessageType.WorkerHello;

    /// <inheritdoc/>
    public int FieldCount => Nonce is null ? 3 : 4;

    /// <inheritdoc/>
    public static WorkerHello Read(MetadataMap metadata) => new(
        metadata.String("name"u8, MaxName),
        metadata.String("software"u8, 128),
        metadata.Int32("shares_folder"u8, max: 1) == 1,
        metadata.Has("nonce"u8) ? metadata.Hex("nonce"u8, Challenge.NonceLength) : null);

    /// <inheritdoc/>
    public void WriteFields(ref MessagePackWriter writer)
    {
        writer.Field("name"u8, Name);
        writer.Field("software"u8, Software);
        writer.Field("shares_folder"u8, SharesFolder ? 1 : 0);
        if (Nonce is not null)
        {
            writer.Field("nonce"u8, Nonce);
        }
    }
}

/// <summary>The worker may ask for runs.</summary>
/// <param name="Session">Names this session.</param>
/// <param name="Study">Names the study: the same one after its runner was started again.</param>
/// <param name="HeartbeatInterval">How often each side shows that it lives.</param>
/// <param name="HeartbeatTimeout">After what silence a side counts as dead.</param>
/// <param name="Proof">Where there is a token: that the runner knows it, as in <see cref="Welcome"/>.</param>
public sealed record WorkerWelcome(string Session, string Study, TimeSpan HeartbeatInterval, TimeSpan HeartbeatTimeout, string? Proof = null)
    : IMessage<WorkerWelcome>
{
    private SessionTerms Terms => new(HeartbeatInterval, HeartbeatTimeout, Proof);

    /// <inheritdoc/>
    public static MessageType Type => MessageType.WorkerWelcome;

    /// <inheritdoc/>
    public int FieldCount => 2 + Terms.FieldCount;

    /// <inheritdoc/>
    public static WorkerWelcome Read(MetadataMap metadata)
    {
        var terms = SessionTerms.Read(metadata);
        return new WorkerWelcome(metadata.String("session"u8, 128), metadata.Hex("study"u8, 64), terms.HeartbeatInterval, terms.HeartbeatTimeout, terms.Proof);
    }

    /// <inheritdoc/>
    public void WriteFields(ref MessagePackWriter writer)
    {
        writer.Field("session"u8, Session);
        writer.Field("study"u8, Study);
        Terms.WriteFields(ref writer);
    }
}

/// <summary>The worker is free. The answer is a <see cref="RunOffer"/> or a <see cref="NoRun"/>.</summary>
public sealed record RunQuery : IMessage<RunQuery>
{
    /// <inheritdoc/>
    public static MessageType Type => MessageType.RunQuery;

    /// <inheritdoc/>
    public int FieldCount => 0;

    /// <inheritdoc/>
    public static RunQuery Read(MetadataMap metadata) => new();

    /// <inheritdoc/>
    public void WriteFields(ref MessagePackWriter writer)
    {
    }
}

/// <summary>One try at a run of the study, which every message about it names.</summary>
/// <param name="Run">Its name.</param>
/// <param name="Attempt">Which try, from 1: what an earlier one still says is not listened to.</param>
public sealed record RunId(string Run, int Attempt)
{
    /// <summary>The most bytes of a run's name.</summary>
    public const int MaxName = 200;

    internal const int FieldCount = 2;

    internal static RunId Read(MetadataMap metadata) => new(metadata.String("run"u8, MaxName), metadata.Int32("attempt"u8, min: 1));

    internal void WriteFields(ref MessagePackWriter writer)
    {
        writer.Field("run"u8, Run);
        writer.Field("attempt"u8, Attempt);
    }
}

/// <summary>The worker is to do this run.</summary>
/// <param name="Id">Which.</param>
/// <param name="Arguments">The orchestrator's command line that does it.</param>
/// <param name="Hosting">Where its nodes are: <c>virtual</c>, <c>processes</c> or <c>hosts</c>.</param>
/// <param name="Configuration">The same as a study file of one run, to be kept beside the results.</param>
/// <param name="CheckpointStep">The step of the checkpoint that the runner has; 0 if it has none.</param>
/// <param name="Files">Of the run's folder, for a worker that does not share it: what its command line names, and the checkpoint.</param>
public sealed record RunOffer(RunId Id, string[] Arguments, string Hosting, string Configuration, int CheckpointStep, string[] Files) : IMessage<RunOffer>
{
    private const int MaxArguments = 512;
    private const int MaxArgumentBytes = 64 * 1024;
    private const int MaxFiles = 256;
    private const int MaxConfigurationBytes = 256 * 1024;

    /// <inheritdoc/>
    public static MessageType Type => MessageType.RunOffer;

    /// <inheritdoc/>
    public int FieldCount => RunId.FieldCount + 5;

    /// <inheritdoc/>
    public static RunOffer Read(MetadataMap metadata) => new(
        RunId.Read(metadata),
        metadata.Strings("arguments"u8, MaxArguments, MaxArgumentBytes),
        metadata.String("hosting"u8, 16),
        metadata.String("configuration"u8, MaxConfigurationBytes),
        metadata.Int32("checkpoint_step"u8),
        metadata.Strings("files"u8, MaxFiles, RunFile.MaxName));

    /// <inheritdoc/>
    public void WriteFields(ref MessagePackWriter writer)
    {
        Id.WriteFields(ref writer);
        writer.Field("arguments"u8, Arguments);
        writer.Field("hosting"u8, Hosting);
        writer.Field("configuration"u8, Configuration);
        writer.Field("checkpoint_step"u8, CheckpointStep);
        writer.Field("files"u8, Files);
    }
}

/// <summary>No run waits now; others are under way, and may come back. When there is nothing left to come, the farewell does.</summary>
/// <param name="Wait">After what time to ask again.</param>
public sealed record NoRun(TimeSpan Wait) : IMessage<NoRun>
{
    private const int MaxMilliseconds = 60_000;

    /// <inheritdoc/>
    public static MessageType Type => MessageType.NoRun;

    /// <inheritdoc/>
    public int FieldCount => 1;

    /// <inheritdoc/>
    public static NoRun Read(MetadataMap metadata) => new(TimeSpan.FromMilliseconds(metadata.Int32("wait_ms"u8, min: 1, max: MaxMilliseconds)));

    /// <inheritdoc/>
    public void WriteFields(ref MessagePackWriter writer) => writer.Field("wait_ms"u8, (int)Wait.TotalMilliseconds);
}

/// <summary>An epoch of the run is over, and its model evaluated. The answer is a <see cref="RunVerdict"/>, which the worker waits for.</summary>
/// <param name="Id">Which run.</param>
/// <param name="Epoch">Epochs done.</param>
/// <param name="Accuracy">On the test set, or without one in validation; NaN where there is none.</param>
/// <param name="Loss">Likewise.</param>
/// <param name="LostNodes">How often a node was lost since the last message.</param>
public sealed record RunProgress(RunId Id, int Epoch, double Accuracy, double Loss, int LostNodes) : IMessage<RunProgress>
{
    /// <inheritdoc/>
    public static MessageType Type => MessageType.RunProgress;

    /// <inheritdoc/>
    public int FieldCount => RunId.FieldCount + 4;

    /// <inheritdoc/>
    public static RunProgress Read(MetadataMap metadata) => new(
        RunId.Read(metadata), metadata.Int32("epoch"u8), metadata.Double("accuracy"u8), metadata.Double("loss"u8), metadata.Int32("lost_nodes"u8));

    /// <inheritdoc/>
    public void WriteFields(ref MessagePackWriter writer)
    {
        Id.WriteFields(ref writer);
        writer.Field("epoch"u8, Epoch);
        writer.Field("accuracy"u8, Accuracy);
        writer.Field("loss"u8, Loss);
        writer.Field("lost_nodes"u8, LostNodes);
    }
}

/// <summary>Whether a run goes on, or its message was heard.</summary>
/// <param name="Verdict">One of <see cref="Verdicts"/>.</param>
public sealed record RunVerdict(string Verdict) : IMessage<RunVerdict>
{
    /// <inheritdoc/>
    public static MessageType Type => MessageType.RunVerdict;

    /// <inheritdoc/>
    public int FieldCount => 1;

    /// <inheritdoc/>
    public static RunVerdict Read(MetadataMap metadata) => new(metadata.String("verdict"u8, 16));

    /// <inheritdoc/>
    public void WriteFields(ref MessagePackWriter writer) => writer.Field("verdict"u8, Verdict);
}

/// <summary>The verdicts of a <see cref="RunVerdict"/>.</summary>
public static class Verdicts
{
    /// <summary>Go on.</summary>
    public const string Proceed = "proceed";

    /// <summary>Others are better: end it here, with the results of this epoch.</summary>
    public const string Halve = "halve";

    /// <summary>The run is somebody else's by now: give it up, and send nothing more of it.</summary>
    public const string GiveUp = "give_up";
}

/// <summary>A piece of a file of a run's folder: from the worker, or the answer to a <see cref="RunFileQuery"/>.</summary>
/// <param name="Id">Which run.</param>
/// <param name="Name">Relative to the run's folder, with <c>/</c> between.</param>
/// <param name="Offset">Where the piece belongs.</param>
/// <param name="Size">Of the whole file.</param>
/// <param name="Data">The piece.</param>
public sealed record RunFile(RunId Id, string Name, long Offset, long Size, byte[] Data) : IMessage<RunFile>
{
    /// <summary>The most bytes of a piece.</summary>
    public const int MaxPiece = 512 * 1024;

    /// <summary>The most bytes of a name.</summary>
    public const int MaxName = 256;

    /// <inheritdoc/>
    public static MessageType Type => MessageType.RunFile;

    /// <inheritdoc/>
    public int FieldCount => RunId.FieldCount + 4;

    /// <inheritdoc/>
    public static RunFile Read(MetadataMap metadata) => new(
        RunId.Read(metadata), metadata.String("name"u8, MaxName), metadata.Int64("offset"u8), metadata.Int64("size"u8), metadata.Bytes("data"u8, MaxPiece));

    /// <inheritdoc/>
    public void WriteFields(ref MessagePackWriter writer)
    {
        Id.WriteFields(ref writer);
        writer.Field("name"u8, Name);
        writer.Field("offset"u8, Offset);
        writer.Field("size"u8, Size);
        writer.Field("data"u8, Data);
    }
}

/// <summary>The worker wants a piece of a file of the run that it was offered. The answer is a <see cref="RunFile"/>.</summary>
/// <param name="Id">Which run.</param>
/// <param name="Name">One of <see cref="RunOffer.Files"/>.</param>
/// <param name="Offset">Where the piece begins.</param>
public sealed record RunFileQuery(RunId Id, string Name, long Offset) : IMessage<RunFileQuery>
{
    /// <inheritdoc/>
    public static MessageType Type => MessageType.RunFileQuery;

    /// <inheritdoc/>
    public int FieldCount => RunId.FieldCount + 2;

    /// <inheritdoc/>
    public static RunFileQuery Read(MetadataMap metadata) =>
        new(RunId.Read(metadata), metadata.String("name"u8, RunFile.MaxName), metadata.Int64("offset"u8));

    /// <inheritdoc/>
    public void WriteFields(ref MessagePackWriter writer)
    {
        Id.WriteFields(ref writer);
        writer.Field("name"u8, Name);
        writer.Field("offset"u8, Offset);
    }
}

/// <summary>All files of a checkpoint, or of the results, have been sent: they take their place. The answer is a <see cref="RunVerdict"/>.</summary>
/// <param name="Id">Which run.</param>
/// <param name="Folder">The checkpoint's, relative to the run's; empty for the results.</param>
public sealed record RunFilesSent(RunId Id, string Folder) : IMessage<RunFilesSent>
{
    /// <inheritdoc/>
    public static MessageType Type => MessageType.RunFilesSent;

    /// <inheritdoc/>
    public int FieldCount => RunId.FieldCount + 1;

    /// <inheritdoc/>
    public static RunFilesSent Read(MetadataMap metadata) => new(RunId.Read(metadata), metadata.String("folder"u8, RunFile.MaxName));

    /// <inheritdoc/>
    public void WriteFields(ref MessagePackWriter writer)
    {
        Id.WriteFields(ref writer);
        writer.Field("folder"u8, Folder);
    }
}

/// <summary>The worker has nothing more to do with the run. The answer is a <see cref="RunVerdict"/>.</summary>
/// <param name="Id">Which run.</param>
/// <param name="Outcome">One of <see cref="RunOutcomes"/>.</param>
/// <param name="Reason">Why it failed; empty otherwise.</param>
public sealed record RunEnded(RunId Id, string Outcome, string Reason) : IMessage<RunEnded>
{
    /// <summary>The most bytes of a reason.</summary>
    public const int MaxReason = 1024;

    /// <inheritdoc/>
    public static MessageType Type => MessageType.RunEnded;

    /// <inheritdoc/>
    public int FieldCount => RunId.FieldCount + 2;

    /// <inheritdoc/>
    public static RunEnded Read(MetadataMap metadata) =>
        new(RunId.Read(metadata), metadata.String("outcome"u8, 16), metadata.String("reason"u8, MaxReason));

    /// <inheritdoc/>
    public void WriteFields(ref MessagePackWriter writer)
    {
        Id.WriteFields(ref writer);
        writer.Field("outcome"u8, Outcome);
        writer.Field("reason"u8, Reason);
    }
}

/// <summary>How a try at a run can end.</summary>
public static class RunOutcomes
{
    /// <summary>Well; its results are in its folder.</summary>
    public const string Done = "done";

    /// <summary>The same, where the study had it end early (<see cref="Verdicts.Halve"/>).</summary>
    public const string Halved = "halved";

    /// <summary>It failed.</summary>
    public const string Failed = "failed";

    /// <summary>The worker was told to end, or could not go on for a reason that is not the run's.</summary>
    public const string Returned = "returned";
}
