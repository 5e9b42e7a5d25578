using Microsoft.Data.Sqlite;
using TraversalLearning.Hosting;
using TraversalLearning.Messages;
using TraversalLearning.Orchestration.Reports;
using TraversalLearning.Orchestration.Studies;
using TraversalLearning.Tests.Support;

namespace TraversalLearning.Tests.Unit.Experiments;

/// <summary>The queue says of each run once, and for good, what became of it.</summary>
public sealed class StudyQueueTests
{
    private TempFolder _folder = null!;

    [SetUp]
    public void Prepare() => _folder = new TempFolder();

    [TearDown]
    public void Clean() => _folder.Dispose();

    [Test]
    public void Runs_are_given_in_their_order_each_to_one_worker()
    {
        using StudyQueue queue = Create(RunningStudy.StudyOf("a", "b"));
        Assert.That(queue.Take("x")?.Run.Name, Is.EqualTo("a"));
        Assert.That(queue.Take("y")?.Run.Name, Is.EqualTo("b"));
        Assert.That(queue.Take("x"), Is.Null);
        Assert.That(queue.Rows().Select(r => (r.State, r.Worker, r.Attempts)), Is.EqualTo(((StudyRunState, string?, int)[])[(StudyRunState.Running, "x", 1), (StudyRunState.Running, "y", 1)]));
    }

    [Test]
    public void What_is_written_is_there_when_the_file_is_opened_again()
    {
        var run = new StudyRun("a", new Dictionary<string, string>(StringComparer.Ordinal) { ["lr"] = "0.1" }, 2, ["--lr", "0.1", "--seed", "2"])
        {
            Hosting = NodeHosting.Processes,
            Configuration = "name: a\n",
        };
        var study = new Study("study", [run]) { Halving = new HalvingSettings(2, 4, HalvingSettings.Loss) };
        using (StudyQueue queue = Create(study))
        {
            RunId id = queue.Take("w")!.Value.Id;
            queue.Progress(new RunProgress(id, 1, 0.5, double.NaN, LostNodes: 3));
            queue.Fail(id, "no data");
        }

        using StudyQueue opened = StudyQueue.Open(_folder.Path);
        Assert.That((opened.StudyName, opened.Identity, opened.CommandLine, opened.Halving), Is.EqualTo(("study", study.Identity, "command", study.Halving)));
        StudyRow row = opened.Rows().Single();
        Assert.That(row.Run, Is.EqualTo(run).UsingPropertiesComparer());
        Assert.That((row.State, row.Worker, row.Attempts, row.Failure, row.Epochs), Is.EqualTo((StudyRunState.Queued, "w", 1, "no data", 1)));
        Assert.That((row.Accuracy, row.Loss), Is.EqualTo((0.5, (double?)null)), "a loss that is no number is none");
        Assert.That(row.Faults, Is.EqualTo((string[])["no data", "nodes were lost 3 times"]));
        Assert.That(row.Folder, Is.EqualTo(Path.Combine(_folder.Path, "runs", "a")));
    }

    [Test]
    public void A_run_that_fails_three_times_has_failed_and_a_study_that_goes_on_tries_it_again()
    {
        using StudyQueue queue = Create(RunningStudy.StudyOf("a"));
        for (int attempt = 1; attempt <= StudyQueue.MaxFailures; attempt++)
        {
            RunId id = queue.Take("w")!.Value.Id;
            Assert.That(id.Attempt, Is.EqualTo(attempt));
            Assert.That(queue.Fail(id, $"reason {attempt}"), Is.True);
        }

        Assert.That(queue.Take("w"), Is.Null);
        StudyRow row = queue.Rows().Single();
        Assert.That((row.State, row.Failure, row.Faults.Count), Is.EqualTo((StudyRunState.Failed, "reason 3", 3)));
        queue.Requeue();
        Assert.That(queue.Take("w")?.Id.Attempt, Is.EqualTo(4));
    }

    [Test]
    public void A_run_that_was_given_back_waits_again_and_that_is_no_failure()
    {
        using StudyQueue queue = Create(RunningStudy.StudyOf("a"));
        for (int i = 0; i < 5; i++)
        {
            Assert.That(queue.Return(queue.Take("w")!.Value.Id), Is.True);
        }

        Assert.That(queue.Rows().Single().State, Is.EqualTo(StudyRunState.Queued));
    }

    [Test]
    public void What_an_earlier_try_still_says_changes_nothing()
    {
        using StudyQueue queue = Create(RunningStudy.StudyOf("a"));
        RunId early = queue.Take("slow")!.Value.Id;
        queue.Return(early);
        RunId late = queue.Take("fast")!.Value.Id;
        Assert.That(queue.Rows().Single().Attempts, Is.Not.EqualTo(early.Attempt));
        Assert.That(queue.Complete(early, halved: false), Is.False);
        Assert.That(queue.Fail(early, "late"), Is.False);
        Assert.That(queue.Return(early), Is.False);
        Assert.That(queue.Progress(new RunProgress(early, 1, 1, 0, 0)), Is.EqualTo(Verdicts.GiveUp));
        Assert.That(queue.Rows().Single(), Has.Property(nameof(StudyRow.State)).EqualTo(StudyRunState.Running).And.Property(nameof(StudyRow.Worker)).EqualTo("fast"));
        Assert.That(queue.Complete(late, halved: false), Is.True);
        Assert.That(queue.Complete(late, halved: false), Is.False, "once");
    }

    [Test]
    public void What_was_under_way_waits_again_when_the_study_goes_on_and_what_is_done_stays_done()
    {
        using (StudyQueue queue = Create(RunningStudy.StudyOf("done", "halved", "running", "queued")))
        {
            queue.Complete(queue.Take("w")!.Value.Id, halved: false);
            queue.Complete(queue.Take("w")!.Value.Id, halved: true);
            queue.Take("w");
        }

        using StudyQueue opened = StudyQueue.Open(_folder.Path);
        opened.Requeue();
        Assert.That(
            opened.Rows().Select(r => r.State),
            Is.EqualTo((StudyRunState[])[StudyRunState.Done, StudyRunState.Halved, StudyRunState.Queued, StudyRunState.Queued]));
    }

    [Test]
    public void It_can_be_looked_at_while_it_is_written()
    {
        using StudyQueue queue = Create(RunningStudy.StudyOf("a"));
        using StudyQueue looking = StudyQueue.Open(_folder.Path, readOnly: true);
        queue.Take("w");
        Assert.That(looking.Rows().Single().State, Is.EqualTo(StudyRunState.Running));
        Assert.That(() => looking.Requeue(), Throws.TypeOf<SqliteException>());
    }

    [Test]
    public void Runs_go_on_from_a_rung_only_if_they_are_among_the_best_there()
    {
        using StudyQueue queue = Create(RunningStudy.StudyOf("a", "b", "c", "d") with { Halving = new HalvingSettings(1, 2, HalvingSettings.Accuracy) });
        string[] verdicts = [.. new[] { 0.5, 0.4, 0.6, double.NaN }.Select(accuracy => queue.Progress(new RunProgress(queue.Take("w")!.Value.Id, 1, accuracy, 1, 0)))];
        Assert.That(verdicts, Is.EqualTo((string[])[Verdicts.Proceed, Verdicts.Halve, Verdicts.Proceed, Verdicts.Halve]));
        Assert.That(queue.Progress(new RunProgress(new RunId("a", 1), 3, 0, 1, 0)), Is.EqualTo(Verdicts.Proceed), "3 is no rung");
    }

    [Test]
    public void What_is_no_queue_is_said_to_be_none()
    {
        Assert.That(() => StudyQueue.Open(_folder.Path), Refuses("it has no queue.db"));
        _folder.Write("queue.db", [.. Enumerable.Repeat((byte)7, 5000)]);
        Assert.That(() => StudyQueue.Open(_folder.Path), Refuses("is no queue of a study, or damaged"));
        File.Delete(_folder["queue.db"]);
        using (var database = new SqliteConnection($"Data Source={_folder["queue.db"]};Pooling=False"))
        {
            database.Open();
            using SqliteCommand command = database.CreateCommand();
            command.CommandText = "PRAGMA user_version = 9";
            command.ExecuteNonQuery();
        }

        Assert.That(() => StudyQueue.Open(_folder.Path), Refuses("format 9"));
    }

    private static NUnit.Framework.Constraints.IResolveConstraint Refuses(string text) =>
        Throws.TypeOf<UserErrorException>().With.Message.Contains(text).And.Property(nameof(UserErrorException.ExitCode)).EqualTo(ExitCode.Data);

    private StudyQueue Create(Study study) => StudyQueue.Create(_folder.Path, study, "command");
}
