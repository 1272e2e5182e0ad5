import type { RefusedFormat } from '../format.js';

/** Discord's `account/user.json`: the account, its addresses and sessions, and nothing that the person did. */
export const discordAccount: RefusedFormat = {
  name: 'discord-account',
  detect: ({ text }) => /^\s*\{\s*"id"\s*:\s*"\d{15,19}"\s*,\s*"username"\s*:/.test(text),
  refusal: {
    code: 'DISCORD_ACCOUNT',
    message:
      'This is the account part of a Discord data package. Send the whole package, or its folders "Messages" and "Servers".',
  },
};
