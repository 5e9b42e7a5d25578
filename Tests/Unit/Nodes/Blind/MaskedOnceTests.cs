using TraversalLearning.Messages;
using TraversalLearning.Nodes.Blind;

namespace TraversalLearning.Tests.Unit.Nodes.Blind;

/// <summary>A mask hides one value, whatever is asked for in whatever order.</summary>
internal sealed class MaskedOnceTests
{
    private static readonly StepId Step = new(2, 5, 0);

    private readonly byte[] _memory = new byte[1];
    private MaskedOnce<string, byte[]> _masked = null!;
    private int _computed;

    [SetUp]
    public void Begin() => (_masked, _computed) = (new MaskedOnce<string, byte[]>(), 0);

    [Test]
    public void The_same_request_again_gets_the_same_reply()
    {
        byte[] first = Ask(Step, "1,2,3", 7);
        Assert.That(Ask(Step, "1,2,3", 8), Is.SameAs(first));
        Assert.That((_computed, first[0]), Is.EqualTo((1, 7)));
    }

    [TestCase(2, 5, 0, "1,2", TestName = "The same step with other nodes is refused")]
    [TestCase(2, 4, 9, "1,2,3", TestName = "An earlier step is refused")]
    [TestCase(1, 9, 0, "1,2,3", TestName = "An earlier epoch is refused")]
    public void What_is_not_later_is_refused(int epoch, int batch, int attempt, string request)
    {
        Ask(Step, "1,2,3", 7);
        Assert.That(() => Ask(new StepId(epoch, batch, attempt), request, 8), Throws.TypeOf<TaskRefusedException>().With.Message.Contains("must not hide two values"));
        Assert.That(_computed, Is.EqualTo(1));
    }

    [Test]
    public void An_earlier_attempt_is_refused_and_later_steps_are_not()
    {
        foreach (StepId later in new[] { Step, Step with { Attempt = 1 }, Step with { Batch = 6 }, new StepId(3, 0, 0) })
        {
            Assert.That(Ask(later, "1,2,3", 1), Is.Not.Null);
        }

        Assert.That(() => Ask(Step with { Attempt = 1 }, "1,2,3", 1), Throws.TypeOf<TaskRefusedException>());
    }

    [Test]
    public void A_reply_whose_memory_was_given_to_one_that_failed_is_never_given_out_again()
    {
        Ask(Step, "1,2,3", 7);
        StepId next = Step with { Batch = 6 };
        Assert.That(() => _masked.Of(next, "1,2,3", Fail), Throws.TypeOf<InvalidOperationException>());
        Assert.That(() => Ask(Step, "1,2,3", 8), Throws.TypeOf<TaskRefusedException>(), "its memory has what the next step was about to mask");
        Assert.That(Ask(next, "1,2,3", 9)[0], Is.EqualTo(9), "nothing was masked for it");

        byte[] Fail()
        {
            _memory[0] = 99;
            throw new InvalidOperationException("a value does not fit");
        }
    }

    [Test]
    public void A_new_key_epoch_begins_anew()
    {
        Ask(Step, "1,2,3", 7);
        _masked.Reset();
        Assert.That(Ask(Step with { Batch = 1 }, "1,2", 8)[0], Is.EqualTo(8));
    }

    private byte[] Ask(StepId step, string request, byte value) => _masked.Of(step, request, () =>
    {
        _computed++;
        _memory[0] = value;
        return _memory;
    });
}
