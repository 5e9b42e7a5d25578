using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using TraversalLearning.Orchestration.Events;

namespace TraversalLearning.Tests.Unit.Events;

public sealed class EventFilterTests
{
    private const string Lost = """{"event":"node_lost","time":"2026-01-02T03:04:05Z","node":3,"reason":"cut in two"}""";
    private const string Epoch = """{"event":"epoch_completed","epoch":2,"train_loss":2.5,"test_loss":1.5,"test_accuracy":0.75,"test_auc":null}""";
    private const string Aggregation = """{"event":"aggregation_completed","nodes":[1,4],"final":true}""";

    [TestCase("type=node_lost", Lost, true)]
    [TestCase("type=node_lost", Epoch, false)]
    [TestCase("type = 'node_lost' and node == 3", Lost, true)]
    [TestCase("type=node_lost or loss>2", Epoch, true, Description = "any loss of the event")]
    [TestCase("loss<2", Epoch, true)]
    [TestCase("train_loss<2", Epoch, false)]
    [TestCase("accuracy>=0.75", Epoch, true)]
    [TestCase("accuracy>0.75", Epoch, false)]
    [TestCase("loss>2", Lost, false, Description = "a field that is not there")]
    [TestCase("loss!=2", Lost, false, Description = "nor is it unequal")]
    [TestCase("not loss>2", Lost, true)]
    [TestCase("test_auc<1", Epoch, false, Description = "null")]
    [TestCase("epoch>10", Epoch, false, Description = "numbers, not texts")]
    [TestCase("reason='CUT IN TWO'", Lost, true)]
    [TestCase("time>='2026-01-02'", Lost, true)]
    [TestCase("nodes=4", Aggregation, true)]
    [TestCase("nodes=2", Aggregation, false)]
    [TestCase("final=true", Aggregation, true)]
    [TestCase("type=a or type=node_lost and node=4", Lost, false, Description = "'and' binds closer")]
    [TestCase("(type=a or type=node_lost) and not node=4", Lost, true)]
    [TestCase("NOT NOT type=node_lost", Lost, true)]
    public void A_filter_holds_for_the_events_that_it_describes(string filter, string runEvent, bool holds)
    {
        using var document = JsonDocument.Parse(runEvent);
        Assert.That(EventFilter.Parse(filter).Holds(document.RootElement), Is.EqualTo(holds));
    }

    [TestCase("", 1)]
    [TestCase("type", 5)]
    [TestCase("type=", 6)]
    [TestCase("type=a b", 8)]
    [TestCase("type=a or", 10)]
    [TestCase("(type=a", 8)]
    [TestCase("type=a)", 7)]
    [TestCase("type='a", 6)]
    [TestCase("type!a", 5)]
    [TestCase("=3", 1)]
    [TestCase("not", 4)]
    public void What_is_no_filter_is_refused_with_the_column_where_it_is_none(string text, int column) =>
        Assert.That(() => EventFilter.Parse(text), Throws.InstanceOf<FormatException>().With.Message.Contains($"column {column}:"));

    [Test]
    public void A_filter_is_neither_deeper_nor_longer_than_the_stack_allows()
    {
        int deep = FilterTokens.MaxDepth;
        Assert.That(() => EventFilter.Parse(new string('(', deep) + "a=1" + new string(')', deep)), Throws.Nothing);
        Assert.That(() => EventFilter.Parse(new string('(', deep + 1) + "a=1" + new string(')', deep + 1)), Throws.InstanceOf<FormatException>());
        Assert.That(() => EventFilter.Parse(string.Concat(Enumerable.Repeat("not ", deep + 1)) + "a=1"), Throws.InstanceOf<FormatException>());
        Assert.That(() => EventFilter.Parse(new string(' ', FilterTokens.MaxLength) + "a=1"), Throws.InstanceOf<FormatException>());
    }

    [FsCheck.NUnit.Property(MaxTest = 2000)]
    public Property Whatever_is_written_is_a_filter_or_refused()
    {
        Gen<string> piece = Gen.Elements(" ", "(", ")", "and", "or", "not", "=", "!=", "<", ">=", "!", "'", "\"", "loss", "type", "2", "1e400", "NaN", "node_lost", "\0", "ℓ");
        Gen<string> text = piece.ListOf().Select(pieces => string.Join(" ", pieces));
        using var document = JsonDocument.Parse(Epoch);
        JsonElement runEvent = document.RootElement.Clone();
        return Prop.ForAll(text.ToArbitrary(), t => EndsWell(t, runEvent));
    }

    [FsCheck.NUnit.Property(MaxTest = 1000)]
    public bool Any_text_is_a_filter_or_refused(string? text)
    {
        using var document = JsonDocument.Parse(Lost);
        return EndsWell(text ?? string.Empty, document.RootElement);
    }

    private static bool EndsWell(string text, JsonElement runEvent)
    {
        try
        {
            EventFilter.Parse(text).Holds(runEvent);
        }
        catch (FormatException e)
        {
            return e.Message.Contains("column", StringComparison.Ordinal);
        }

        return true;
    }
}
