using System.Text;
using TraversalLearning.Messages;
using TraversalLearning.Nodes.Agents;
using TraversalLearning.Orchestration.Reports;
using TraversalLearning.Orchestration.Studies;
using TraversalLearning.Security;
using TraversalLearning.Tests.Support;
using TraversalLearning.Transport;

namespace TraversalLearning.Tests.Torch.Integration;

/// <summary>A study and its workers over the wire, whoever they are and whatever they say.</summary>
public sealed class StudyServerTests
{
    [Test]
    public async Task Workers_get_runs_and_say_how_they_go()
    {
        await using var study = new RunningStudy(RunningStudy.StudyOf("a"));
        await using PlayedWorker worker = await study.JoinAsync("w");
        Assert.That(worker.Welcome.Study, Is.EqualTo(study.Queue.Identity));
        RunOffer offer = await worker.TakeAsync();
        Assert.That((offer.Id, offer.Hosting, offer.CheckpointStep), Is.EqualTo((new RunId("a", 1), "virtual", 0)));
        Assert.That(offer.Arguments, Is.EqualTo((string[])["--epochs", "9"]));
        Assert.That(await worker.SayAsync(new RunProgress(offer.Id, 1, 0.5, 1.5, 0)), Is.EqualTo(Verdicts.Proceed));
        Assert.That(study.Row().Epochs, Is.EqualTo(1));
        Assert.That(await worker.SayAsync(new RunEnded(offer.Id, RunOutcomes.Done, string.Empty)), Is.EqualTo(Verdicts.Proceed));
        Assert.That(study.Row().State, Is.EqualTo(StudyRunState.Done));
        Assert.That(await worker.Link.AskAsync(new RunQuery(), study.Deadline), Is.TypeOf<NoRun>());
        Assert.That(study.Said, Is.EqualTo((string[])["a: begun by w", "a: epoch 1: accuracy 0.5000, loss 1.5000", "a: done"]));
    }

    [Test]
    public async Task A_run_is_halved_where_it_ended_so_and_done_where_its_epochs_were_over_anyway()
    {
        await using var study = new RunningStudy(RunningStudy.StudyOf("best", "last", "early") with { Halving = new HalvingSettings(1, 3, HalvingSettings.Accuracy) });
        await using PlayedWorker worker = await study.JoinAsync();
        foreach ((double accuracy, string verdict, string outcome) in new[]
        {
            (0.9, Verdicts.Proceed, RunOutcomes.Done), (0.5, Verdicts.Halve, RunOutcomes.Done), (0.4, Verdicts.Halve, RunOutcomes.Halved),
        })
        {
            RunId id = (await worker.TakeAsync()).Id;
            Assert.That(await worker.SayAsync(new RunProgress(id, 1, accuracy, 1, 0)), Is.EqualTo(verdict));
            Assert.That(await worker.SayAsync(new RunEnded(id, outcome, string.Empty)), Is.EqualTo(Verdicts.Proceed));
        }

        Assert.That(study.Queue.Rows().Select(r => r.State), Is.EqualTo((StudyRunState[])[StudyRunState.Done, StudyRunState.Done, StudyRunState.Halved]));
        Assert.That(study.Queue.Counts(), Is.EqualTo((3, 3)));
    }

    [Test]
    public async Task A_worker_that_is_lost_gives_its_run_back_and_is_not_listened_to_any_more()
    {
        await using var study = new RunningStudy(RunningStudy.StudyOf("a"));
        PlayedWorker lost = await study.JoinAsync("lost");
        RunOffer first = await lost.TakeAsync();
        await lost.DisposeAsync();
        await using PlayedWorker other = await study.JoinAsync("other");
        RunOffer second = await TakeAsync(other, study.Deadline);
        Assert.That(second.Id, Is.EqualTo(first.Id with { Attempt = 2 }));
        Assert.That(study.Row().Failure, Does.StartWith("worker lost was lost: "));
        Assert.That(await other.SayAsync(new RunEnded(first.Id, RunOutcomes.Done, string.Empty)), Is.EqualTo(Verdicts.GiveUp));
        Assert.That(study.Row().State, Is.EqualTo(StudyRunState.Running));
    }

    [Test]
    public async Task The_end_of_the_study_is_no_fault_of_the_runs_under_way()
    {
        await using var study = new RunningStudy(RunningStudy.StudyOf("a"));
        await using PlayedWorker worker = await study.JoinAsync();
        await worker.TakeAsync();
        Task farewell = study.Server.ShutdownAsync("stopped");
        await WaitAsync(worker.Link.Ended, study.Deadline);
        Assert.That(worker.Link.Shutdown?.Reason, Is.EqualTo("stopped"));
        await worker.DisposeAsync();
        await farewell;
        await study.Server.DisposeAsync();
        Assert.That((study.Row().State, study.Row().Failure), Is.EqualTo((StudyRunState.Queued, (string?)null)));
    }

    [Test]
    public async Task Who_does_not_know_the_token_or_is_another_version_is_refused()
    {
        await using var study = new RunningStudy(RunningStudy.StudyOf("a"));
        NodeRejectedException unknown = (await Assert.ThrowsAsync<NodeRejectedException>(() => study.JoinAsync(token: new Token("another secret, as long"u8))))!;
        Assert.That(unknown.Message, Does.Contain("(token)"));
        NodeRejectedException none = (await Assert.ThrowsAsync<NodeRejectedException>(() => study.JoinAsync(hasToken: false)))!;
        Assert.That(none.Message, Does.Contain("asks for a token; start worker worker with --token_file"));
        NodeRejectedException old = (await Assert.ThrowsAsync<NodeRejectedException>(() => study.JoinAsync(software: "traversal-learning/0")))!;
        Assert.That(old.Message, Does.Contain("use the same version"));
        Assert.That(study.Queue.Rows().Single().State, Is.EqualTo(StudyRunState.Queued));
    }

    [Test]
    public async Task Strangers_nodes_and_garbage_change_nothing()
    {
        await using var study = new RunningStudy(RunningStudy.StudyOf("a"));
        byte[] garbage = new byte[10_000];
        new Random(1).NextBytes(garbage);
        byte[] node = FrameSample.Of(new Hello(1, 40, [1, 8, 8], "uint8", 10, "f", "lz4", "node")).Encode(FrameSample.Checked);

        // The start of a frame is hung up on when the handshake has taken its ten seconds.
        byte[][] begun = Selection.IsAll ? [[0x16, 3, 1, 2, 0]] : [];
        foreach (byte[] bytes in (byte[][])[garbage, node, Encoding.ASCII.GetBytes("GET / HTTP/1.1\r\n\r\n"), .. begun])
        {
            Assert.That(await Stranger.SendUntilHungUpAsync(study.Server.Endpoint, bytes, study.Deadline), Is.Zero);
        }

        await using PlayedWorker worker = await study.JoinAsync();
        Assert.That((await worker.TakeAsync()).Id.Run, Is.EqualTo("a"));
    }

    [Test]
    public async Task What_no_worker_says_ends_its_connection_and_nothing_else()
    {
        await using var study = new RunningStudy(RunningStudy.StudyOf("a", "b"));
        await using PlayedWorker good = await study.JoinAsync("good");
        RunOffer offer = await good.TakeAsync();
        await using (PlayedWorker bad = await study.JoinAsync("bad", sharesFolder: false))
        {
            RunOffer own = await bad.TakeAsync();
            await Assert.ThrowsAsync<ConnectionLostException>(() => bad.Link.AskAsync(new RunFileQuery(own.Id, "../queue.db", 0), study.Deadline));
        }

        await using (PlayedWorker bad = await study.JoinAsync("worse"))
        {
            await Assert.ThrowsAsync<ConnectionLostException>(() => bad.Link.AskAsync(new NoRun(TimeSpan.FromSeconds(1)), study.Deadline));
        }

        Assert.That(await good.SayAsync(new RunEnded(offer.Id, RunOutcomes.Done, string.Empty)), Is.EqualTo(Verdicts.Proceed));
        Assert.That(study.Row("a").State, Is.EqualTo(StudyRunState.Done));
    }

    [Test]
    public async Task Files_of_a_worker_elsewhere_come_into_the_runs_folder_when_they_are_complete()
    {
        await using var study = new RunningStudy(RunningStudy.StudyOf("a"));
        await using PlayedWorker worker = await study.JoinAsync(sharesFolder: false);
        RunId id = (await worker.TakeAsync()).Id;
        string folder = study.Folder.PathOf("a");
        Assert.That(await worker.SayAsync(new RunFile(id, "run.json", 0, 2, "{}"u8.ToArray())), Is.EqualTo(Verdicts.Proceed));
        Assert.That(File.Exists(Path.Combine(folder, "run.json")), Is.False);
        Assert.That(await worker.SayAsync(new RunFilesSent(id, string.Empty)), Is.EqualTo(Verdicts.Proceed));
        Assert.That(await File.ReadAllTextAsync(Path.Combine(folder, "run.json")), Is.EqualTo("{}"));

        Assert.That(await worker.SayAsync(new RunFile(id, "../../evil", 0, 1, [1])), Is.EqualTo(Verdicts.GiveUp));
        Assert.That(File.Exists(Path.Combine(study.Folder.Path, "evil")), Is.False);
        Assert.That(study.Row().Failure, Does.Contain("cannot be taken"));
        Assert.That(await worker.SayAsync(new RunFile(id, "late", 0, 1, [1])), Is.EqualTo(Verdicts.GiveUp), "the run is not its own any more");
    }

    [Test]
    public async Task A_worker_that_shares_the_folder_sends_no_files()
    {
        await using var study = new RunningStudy(RunningStudy.StudyOf("a"));
        await using PlayedWorker worker = await study.JoinAsync(sharesFolder: true);
        RunId id = (await worker.TakeAsync()).Id;
        Assert.That(await worker.SayAsync(new RunFile(id, "run.json", 0, 2, "{}"u8.ToArray())), Is.EqualTo(Verdicts.GiveUp));
    }

    private static async Task<RunOffer> TakeAsync(PlayedWorker worker, CancellationToken deadline)
    {
        while (true)
        {
            if (await worker.Link.AskAsync(new RunQuery(), deadline) is RunOffer offer)
            {
                return offer;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(20), deadline);
        }
    }

    private static async Task WaitAsync(CancellationToken token, CancellationToken deadline)
    {
        var ended = new TaskCompletionSource();
        await using CancellationTokenRegistration registration = token.Register(() => ended.TrySetResult());
        await ended.Task.WaitAsync(deadline);
    }
}
