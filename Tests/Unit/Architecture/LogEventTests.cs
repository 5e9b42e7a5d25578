using System.Reflection;
using Microsoft.Extensions.Logging;
using TraversalLearning.Nodes.Agents;
using TraversalLearning.Orchestration.Options;

namespace TraversalLearning.Tests.Unit.Architecture;

/// <summary>The numbers of log events. Within a room the compiler finds one that is given twice (SYSLIB1006), across rooms this does.</summary>
public sealed class LogEventTests
{
    [Test]
    public void Every_log_event_has_a_number_of_its_own()
    {
        int[] numbers =
        [
            .. new[] { typeof(NodeAgent).Assembly, typeof(RunOptions).Assembly, typeof(NodeDaemon.NodeCommand).Assembly }
                .SelectMany(a => a.GetTypes())
                .SelectMany(t => t.GetMethods(BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static | BindingFlags.Instance | BindingFlags.DeclaredOnly))
                .Select(m => m.GetCustomAttribute<LoggerMessageAttribute>()?.EventId)
                .OfType<int>(),
        ];
        Assert.That(numbers, Is.Unique.And.All.InRange(1001, 9999));
        Assert.That(numbers, Has.Length.GreaterThan(80));
    }
}
