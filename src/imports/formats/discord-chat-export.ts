import type { RefusedFormat } from '../format.js';

/** What programs like DiscordChatExporter save: a whole channel, with what others wrote in it. That is not the person's. */
export const discordChatExport: RefusedFormat = {
  name: 'discord-chat-export',
  detect: ({ text }) => /^\s*\{\s*"guild"\s*:\s*\{\s*"id"\s*:/.test(text),
  refusal: {
    code: 'DISCORD_CHAT_EXPORT',
    message:
      'This is a saved Discord channel with the messages of everybody in it. Ask Discord for your own data package instead.',
  },
};
