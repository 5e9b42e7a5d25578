using System.Threading.Channels;
using TraversalLearning.Messages;
using TraversalLearning.Orchestration.Runs.Checkpoints;

namespace TraversalLearning.Orchestration.Studies;

/// <summary>Transfers the files of one run between a study and a worker without access to its folder.</summary>
/// <param name="link">The link to the study.</param>
/// <param name="id">The run.</param>
/// <param name="folder">The worker's own run folder.</param>
internal sealed class WorkerFiles(StudyLink link, RunId id, string folder)
{
    private const long MaxFileBytes = 16L * 1024 * 1024 * 1024;

    // Only the newest of the checkpoints waiting to be sent matters.
    private readonly Channel<int> _checkpoints = Channel.CreateBounded<int>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropOldest });

    /// <summary>
    /// Fetches the files listed in the offer: all inputs, and the checkpoint unless the worker has a newer one.
    /// </summary>
    /// <exception cref="IOException">A file cannot be written, or the connection ended.</exception>
    public async Task FetchAsync(RunOffer offer, CancellationToken cancellationToken)
    {
        var staged = new StagedFiles(folder, MaxFileBytes);
        staged.Clear();
        bool needsCheckpoint = offer.CheckpointStep > (new CheckpointStore(folder).Steps is [var newest, ..] ? newest : 0);
        string[] names = [.. offer.Files.Where(RunPaths.IsSafe)];
        string[] inputs = [.. names.Where(n => n.StartsWith(RunPaths.Inputs, StringComparison.Ordinal))];
        if (needsCheckpoint)
        {
            string checkpoint = RunPaths.CheckpointName(offer.CheckpointStep);
            await FetchAsync(staged, names.Where(n => n.StartsWith(checkpoint + "/", StringComparison.Ordinal)), cancellationToken);
            staged.PlaceFolder(checkpoint);
            await FetchAsync(staged, names.Where(n => !n.Contains('/', StringComparison.Ordinal)).Concat(inputs), cancellationToken);
        }
        else
        {
            await FetchAsync(staged, inputs, cancellationToken);
        }

        if (needsCheckpoint || inputs.Length > 0)
        {
            staged.PlaceFiles(last: string.Empty);
        }
    }

    /// <summary>Queues a new checkpoint to be sent.</summary>
    public void Saved(int step) => _checkpoints.Writer.TryWrite(step);

    /// <summary>Sends queued checkpoints during training, until <see cref="NoMoreCheckpoints"/>.</summary>
    /// <exception cref="IOException">The connection ended.</exception>
    /// <exception cref="RunGivenUpException">The run has been assigned to another worker.</exception>
    public async Task SendCheckpointsAsync(CancellationToken cancellationToken)
    {
        await foreach (int step in _checkpoints.Reader.ReadAllAsync(cancellationToken))
        {
            string name = RunPaths.CheckpointName(step);
            try
            {
                // A checkpoint is useless without the rows written before it.
                await SendAsync(RunPaths.FilesIn(folder, string.Empty).Where(f => IsBeside(f.Key)), cancellationToken);
                await SayAsync(new RunFilesSent(id, string.Empty), cancellationToken);
                await SendAsync(RunPaths.FilesIn(new CheckpointStore(folder).PathOf(step), name), cancellationToken);
                await SayAsync(new RunFilesSent(id, name), cancellationToken);
            }
            catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
            {
                // Deleted meanwhile in favour of a newer one, which is already queued.
            }
        }
    }

    /// <summary>Closes the queue: <see cref="SendCheckpointsAsync"/> ends after the last checkpoint.</summary>
    public void NoMoreCheckpoints() => _checkpoints.Writer.TryComplete();

    /// <summary>Sends all files of a run except its checkpoints.</summary>
    /// <inheritdoc cref="SendCheckpointsAsync"/>
    public async Task SendResultsAsync(CancellationToken cancellationToken)
    {
        await SendAsync(RunPaths.FilesIn(folder, string.Empty), cancellationToken);
        await SayAsync(new RunFilesSent(id, string.Empty), cancellationToken);
    }

    private static bool IsBeside(string name) => name is "model.json" or "metrics.csv" or "events.jsonl" or "preparation.json" or "orchestrator.log";

    private async Task FetchAsync(StagedFiles staged, IEnumerable<string> names, CancellationToken cancellationToken)
    {
        foreach (string name in names)
        {
            for (long offset = 0; ;)
            {
                RunFile piece = await link.AskAsync<RunFileQuery, RunFile>(new RunFileQuery(id, name, offset), cancellationToken);
                if (staged.Add(piece with { Name = name, Offset = offset }))
                {
                    break;
                }

                if (piece.Data.Length == 0)
                {
                    throw new IOException($"'{name}' ended early");
                }

                offset += piece.Data.Length;
            }
        }
    }

    private async Task SendAsync(IEnumerable<KeyValuePair<string, string>> files, CancellationToken cancellationToken)
    {
        byte[] buffer = new byte[RunFile.MaxPiece];
        foreach ((string name, string path) in files)
        {
            await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);

            // A file that grows while being sent is sent up to its initial length.
            long size = file.Length;
            for (long offset = 0; offset < size || offset == 0;)
            {
                int count = (int)Math.Min(buffer.Length, size - offset);
                await file.ReadExactlyAsync(buffer.AsMemory(0, count), cancellationToken);
                await SayAsync(new RunFile(id, name, offset, size, buffer[..count]), cancellationToken);
                offset += count;
                if (count == 0)
                {
                    break;
                }
            }
        }
    }

    private async Task SayAsync<T>(T message, CancellationToken cancellationToken)
        where T : IMessage<T>
    {
        if ((await link.AskAsync<T, RunVerdict>(message, cancellationToken)).Verdict == Verdicts.GiveUp)
        {
            throw new RunGivenUpException();
        }
    }
}

/// <summary>The study has given up this attempt or assigned the run to another worker.</summary>
internal sealed class RunGivenUpException() : Exception("the study has given this run up");
