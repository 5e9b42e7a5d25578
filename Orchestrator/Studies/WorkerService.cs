using System.Collections.ObjectModel;
using Microsoft.Extensions.Logging;
using TraversalLearning.Messages;
using TraversalLearning.Orchestration.Reports;
using TraversalLearning.Orchestration.Runs.Checkpoints;
using TraversalLearning.Orchestration.Runs.Folder;
using TraversalLearning.Transport;
using TraversalLearning.Wire;

namespace TraversalLearning.Orchestration.Studies;

/// <summary>
/// Serves one worker of a study: assigns runs, records their progress, and transfers files. One request at a time.
/// </summary>
/// <param name="hello">The worker's introduction.</param>
/// <param name="connection">The connection to it.</param>
/// <param name="queue">The runs.</param>
/// <param name="folder">The study folder.</param>
/// <param name="changed">Called after a change with the run's name and a description.</param>
/// <param name="logger">Logs errors.</param>
internal sealed class WorkerService(
    WorkerHello hello, Connection connection, StudyQueue queue, StudyFolder folder, Action<string, string> changed, ILogger logger) : IFrameHandler
{
    // Limit for a checkpoint, or for a run's results.
    private const long MaxFilesBytes = 64L * 1024 * 1024 * 1024;
    private static readonly TimeSpan Wait = TimeSpan.FromSeconds(1);

    private (StudyRun Run, RunId Id)? _current;
    private StagedFiles? _incoming;
    private IReadOnlyDictionary<string, string> _outgoing = ReadOnlyDictionary<string, string>.Empty;

    public string Name => hello.Name;

    /// <summary>Ends the connection's run, if any is in progress.</summary>
    /// <param name="reason">The reason; <see langword="null"/> if the study ends, which is no fault of the run.</param>
    public void Close(string? reason)
    {
        if (_current is not var (_, id))
        {
            return;
        }

        if (reason is null ? queue.Return(id) : queue.Fail(id, $"worker {Name} was lost: {reason}"))
        {
            changed(id.Run, reason is null ? "waits again" : $"worker {Name} was lost: {reason}");
        }

        _current = null;
    }

    bool IFrameHandler.Accept(IncomingFrame frame, Span<Memory<byte>> destinations)
    {
        if (!MessageRule.Of(frame.Type).Allows(Senders.Worker, Phases.Study))
        {
            ProtocolException.Throw(ProtocolError.UnexpectedMessage, $"worker {Name} sent {frame.Type}");
        }

        return true;
    }

    async ValueTask IFrameHandler.HandleAsync(IncomingFrame frame, CancellationToken cancellationToken)
    {
        ulong id = frame.RequestId;
        switch (frame.Type)
        {
            case MessageType.RunQuery:
                await OfferAsync(id, cancellationToken);
                break;
            case MessageType.RunFileQuery:
                await ReplyAsync(PieceOf(frame.Read<RunFileQuery>())!, id, cancellationToken);
                break;
            default:
                string verdict = frame.Type switch
                {
                    MessageType.RunProgress => Hear(frame.Read<RunProgress>()),
                    MessageType.RunFile => Take(frame.Read<RunFile>()),
                    MessageType.RunFilesSent => Place(frame.Read<RunFilesSent>()),
                    _ => End(frame.Read<RunEnded>()),
                };
                await ReplyAsync(new RunVerdict(verdict), id, cancellationToken);
                break;
        }
    }

    private Task ReplyAsync<T>(T reply, ulong id, CancellationToken cancellationToken)
        where T : IMessage<T> => connection.SendAsync(reply, id, default, encoding: null, cancellationToken);

    private async Task OfferAsync(ulong request, CancellationToken cancellationToken)
    {
        // A worker that asks again has lost its previous run.
        Close("it gave the run up");
        if (queue.Take(Name) is not var (run, id))
        {
            await ReplyAsync(new NoRun(Wait), request, cancellationToken);
            return;
        }

        _current = (run, id);
        changed(run.Name, $"begun by {Name}");
        await ReplyAsync(OfferOf(run, id), request, cancellationToken);
    }

    private RunOffer OfferOf(StudyRun run, RunId id)
    {
        if (hello.SharesFolder)
        {
            return new RunOffer(id, [.. run.Arguments], run.Hosting.ToWord(), run.Configuration, CheckpointStep: 0, Files: []);
        }

        string path = folder.PathOf(run.Name);
        _incoming = new StagedFiles(path, MaxFilesBytes);
        (int step, IReadOnlyDictionary<string, string> checkpoint) = RunPaths.CheckpointOf(path);
        SortedDictionary<string, string> beside = step > 0 ? RunPaths.FilesIn(path, string.Empty) : [];
        _outgoing = RunPaths.InputsOf(run.Arguments).Concat(checkpoint).Concat(beside).ToDictionary(f => f.Key, f => f.Value, StringComparer.Ordinal);
        return new RunOffer(id, RunPaths.Named(run.Arguments), run.Hosting.ToWord(), run.Configuration, step, [.. _outgoing.Keys]);
    }

    private string Hear(RunProgress progress)
    {
        string verdict = queue.Progress(progress);
        if (verdict != Verdicts.GiveUp)
        {
            string accuracy = double.IsNaN(progress.Accuracy) ? string.Empty : FormattableString.Invariant($"accuracy {progress.Accuracy:0.0000}, ");
            changed(progress.Id.Run, FormattableString.Invariant($"epoch {progress.Epoch}: {accuracy}loss {progress.Loss:0.0000}{(verdict == Verdicts.Halve ? ", others are better" : string.Empty)}"));
        }

        return verdict;
    }

    private string Take(RunFile piece)
    {
        if (!Owns(piece.Id))
        {
            return Verdicts.GiveUp;
        }

        try
        {
            _incoming!.Add(piece);
            return Verdicts.Proceed;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return NotTaken(piece.Id, piece.Name, e);
        }
    }

    private string Place(RunFilesSent sent)
    {
        if (!Owns(sent.Id))
        {
            return Verdicts.GiveUp;
        }

        try
        {
            if (sent.Folder.Length == 0)
            {
                _incoming!.PlaceFiles(last: Path.GetFileName(RunFolder.SummaryPathIn(string.Empty)));
            }
            else if (RunPaths.IsSafe(sent.Folder) && sent.Folder.StartsWith(CheckpointStore.FolderName, StringComparison.Ordinal))
            {
                _incoming!.PlaceFolder(sent.Folder);
                new CheckpointStore(folder.PathOf(sent.Id.Run)).Prune(keep: 1);
            }
            else
            {
                throw new IOException($"'{sent.Folder}' is no checkpoint's folder");
            }

            return Verdicts.Proceed;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return NotTaken(sent.Id, sent.Folder, e);
        }
    }

    private string NotTaken(RunId id, string what, Exception e)
    {
        logger.ReportNotTaken(what, id.Run, Name, e.Message);
        if (queue.Fail(id, $"its files cannot be taken: {e.Message}"))
        {
            changed(id.Run, $"its files cannot be taken: {e.Message}");
        }

        _current = null;
        return Verdicts.GiveUp;
    }

    private string End(RunEnded ended)
    {
        bool counts = ended.Outcome switch
        {
            RunOutcomes.Done or RunOutcomes.Halved => queue.Complete(ended.Id, ended.Outcome == RunOutcomes.Halved),
            RunOutcomes.Failed => queue.Fail(ended.Id, ended.Reason),
            RunOutcomes.Returned => queue.Return(ended.Id),
            _ => Unknown(ended.Outcome),
        };
        if (counts)
        {
            _current = null;
            changed(ended.Id.Run, ended.Outcome switch
            {
                RunOutcomes.Done or RunOutcomes.Halved => ended.Outcome,
                RunOutcomes.Failed => $"failed: {ended.Reason}",
                _ => "waits again",
            });
        }

        return counts ? Verdicts.Proceed : Verdicts.GiveUp;
    }

    private RunFile? PieceOf(RunFileQuery query)
    {
        if (!Owns(query.Id) || !_outgoing.TryGetValue(query.Name, out string? path))
        {
            ProtocolException.Throw(ProtocolError.UnexpectedMessage, $"worker {Name} asked for '{query.Name}', which it was not offered");
            return null;
        }

        using FileStream file = File.OpenRead(path);
        byte[] piece = new byte[Math.Clamp(file.Length - query.Offset, 0, RunFile.MaxPiece)];
        file.Position = query.Offset;
        file.ReadExactly(piece);
        return new RunFile(query.Id, query.Name, query.Offset, file.Length, piece);
    }

    private static bool Unknown(string outcome)
    {
        ProtocolException.Throw(ProtocolError.MalformedMetadata, $"'{outcome}' is no outcome of a run");
        return false;
    }

    private bool Owns(RunId id) => _current is var (_, own) && own == id && !hello.SharesFolder;
}
