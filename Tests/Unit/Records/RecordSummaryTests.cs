using TraversalLearning.Messages;
using TraversalLearning.Records;
using TraversalLearning.Tensors;
using TraversalLearning.Tests.Support;
using TraversalLearning.Wire;

namespace TraversalLearning.Tests.Unit.Records;

/// <summary>What a record says to a person; above all that nothing is said to be hidden that is not.</summary>
public sealed class RecordSummaryTests
{
    private ManualTimeProvider _time = null!;
    private TempFolder _state = null!;

    [SetUp]
    public void MakeFolder() => (_state, _time) = (new TempFolder(), new ManualTimeProvider());

    [TearDown]
    public void RemoveFolder() => _state.Dispose();

    [Test]
    public void A_run_of_visits_names_what_names_labels()
    {
        string[] lines = Summary(record =>
        {
            RecordContext run = RecordedRun.Of("7");
            record.Send(RecordedRun.Of(run: null), MessageType.Hello, rows: 60);
            for (int epoch = 1; epoch <= 3; epoch++)
            {
                for (int batch = 0; batch < 400; batch++)
                {
                    record.SendVisit(run, epoch, batch);
                }
            }

            _time.Advance(TimeSpan.FromHours(3));
            record.Send(run, MessageType.ValidationResult, new StepId(3, 0, 0), 100);
        });
        Assert.That(lines, Is.EqualTo((string[])
        [
            "before admission: 1970-01-01 00:00 to 00:00 UTC, hub.example:12345 (hub.example), node 1: 100 bytes in 1 message",
            "run 7: 1970-01-01 00:00 to 03:00 UTC, hub.example:12345 (hub.example), two_phase, node 1: 3 epochs, 1,200 visits, 9,600 rows; "
            + "activations 9.6 MB, logit gradients 384 kB (they name the labels), gradients 60 MB, loss and hits in 1,201 messages; 70 MB in 2,401 messages",
        ]));
    }

    [Test]
    public void A_blind_run_tells_no_labels()
    {
        string[] lines = Summary(record =>
        {
            foreach (int node in (int[])[1, 2, 3])
            {
                RecordContext run = RecordedRun.Of("9", node, "blind");
                record.Send(run, MessageType.KeyOffered, tensors: RecordedRun.Tensor(TensorNames.Blob, 50));
                record.Send(run, MessageType.BlindSum, new StepId(1, 0, 0), 5, RecordedRun.Tensor(TensorNames.Sum, 20_000_000), RecordedRun.Tensor(TensorNames.Figures, 2));
                record.Send(run, MessageType.BlindSum, new StepId(1, 1, 0));
                record.Send(run, MessageType.SealedState, new StepId(1, 1, 0), 20, RecordedRun.Tensor(TensorNames.Blob, 1000));
            }
        });
        Assert.That(lines.Single(), Does.EndWith(
            "blind, nodes 1 to 3: 1 epoch, 3 visits, 15 rows; masked sums 240 MB, sealed models 12 kB, keys 600 bytes, no labels; 240 MB in 12 messages"));
    }

    [Test]
    public void A_model_that_was_revealed_is_named_and_nothing_is_claimed_then()
    {
        string line = Summary(record =>
        {
            RecordContext run = RecordedRun.Of("9", exchange: "blind");
            record.Send(run, MessageType.BlindSum, new StepId(1, 0, 0), 5, RecordedRun.Tensor(TensorNames.Sum, 100));
            record.Send(run, MessageType.BlindFinished, new StepId(1, 0, 0), 20, RecordedRun.Tensor(TensorNames.Parameters, 1000));
        }).Single();
        Assert.That(line, Does.Contain("models 4.0 kB").And.Not.Contains("no labels"));
    }

    [Test]
    public void Local_training_and_split_turns_are_no_runs_without_labels()
    {
        string[] lines = Summary(record =>
        {
            record.Send(RecordedRun.Of("avg"), MessageType.LocalResult, new StepId(1, 0, 0), 120, RecordedRun.Tensor(TensorNames.Parameters, 1000));
            RecordContext split = RecordedRun.Of("split", exchange: "relay");
            record.Send(split, MessageType.ActivationResult, new StepId(1, 0, 0), 8, RecordedRun.Tensor(TensorNames.Activations, 8, 10));
            record.Send(split, MessageType.LossResult, new StepId(1, 0, 0), 8, RecordedRun.Tensor(TensorNames.LogitGradients, 8, 10));
            record.Send(split, MessageType.TurnResult, new StepId(1, 0, 0), 8, RecordedRun.Tensor(TensorNames.Parameters, 100), RecordedRun.Tensor(TensorNames.Buffers, 1));
        });
        Assert.That(lines[0], Does.EndWith("two_phase, node 1: 1 epoch, 1 visit, 120 rows; models 4.0 kB, loss and hits in 1 message; 4.1 kB in 1 message"));
        Assert.That(lines[1], Does.EndWith("relay, node 1: 1 epoch, 1 visit, 8 rows; activations 320 bytes, logit gradients 320 bytes (they name the labels), models 404 bytes, loss and hits in 1 message; 1.3 kB in 3 messages"));
    }

    [Test]
    public void A_table_that_was_described_is_named() =>
        Assert.That(Summary(record => record.Send(RecordedRun.Of("p"), MessageType.Statistics, rows: 500)).Single(), Does.EndWith("statistics of the table 100 bytes; 100 bytes in 1 message"));

    [Test]
    public void Runs_and_days_are_chosen()
    {
        using (var record = OutgoingRecord.Open(_state.Path, _time))
        {
            record.SendVisit(RecordedRun.Of("aa1"), 1, 0);
            _time.Advance(TimeSpan.FromHours(25));
            record.SendVisit(RecordedRun.Of("ab2"), 1, 0);
            record.SendVisit(RecordedRun.Of("bb3"), 1, 0);
        }

        Assert.That(Runs(new RecordedMessages(_state.Path)), Is.EqualTo((string[])["aa1", "ab2", "bb3"]));
        Assert.That(Runs(new RecordedMessages(_state.Path) { Run = "a" }), Is.EqualTo((string[])["aa1", "ab2"]));
        Assert.That(Runs(new RecordedMessages(_state.Path) { Since = DateTime.UnixEpoch.AddHours(1) }), Is.EqualTo((string[])["ab2", "bb3"]));
    }

    private static string[] Runs(RecordedMessages messages)
    {
        var summary = new RecordSummary();
        messages.Read((message, _) => summary.Add(message));
        return [.. summary.Runs.Select(r => r.Run!)];
    }

    private string[] Summary(Action<OutgoingRecord> write)
    {
        using (var record = OutgoingRecord.Open(_state.Path, _time))
        {
            write(record);
        }

        var summary = new RecordSummary();
        new RecordedMessages(_state.Path).Read((message, _) => summary.Add(message));
        return [.. summary.Runs.Select(r => r.ToString())];
    }
}
